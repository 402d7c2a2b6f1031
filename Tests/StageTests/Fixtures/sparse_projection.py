"""Prints the dimensions that scikit-learn's SparseRandomProjection chooses: the table in SubsamplerTests.swift."""

from sklearn.random_projection import johnson_lindenstrauss_min_dim

for n in [2, 100, 784, 5120, 39200, 163856, 1000000]:
    for epsilon in [0.9, 0.5, 0.1]:
        print(f"({n}, {epsilon}, {int(johnson_lindenstrauss_min_dim(n, eps=epsilon))}),")
