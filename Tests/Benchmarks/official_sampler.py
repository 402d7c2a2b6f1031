"""The official sampler's algorithm, written anew from its description, for the scripts that time it."""


def select(torch, rows, picks):
    """Greedy selection as ApproximateGreedyCoresetSampler of amazon-science/patchcore-inspection does it.

    From the mean distance to ten random rows: per pick the expanded distances of all rows to it, joined with the
    distances before as a second column, and the smaller of both columns. Squares of the rows are computed once here, in
    the official code at each pick.
    """
    squares = (rows * rows).sum(1, keepdim=True)

    def distances(points):
        products = squares - 2 * rows @ points.T + (points * points).sum(1)
        return products.clamp(min=0).sqrt()

    nearest = distances(rows[torch.randperm(len(rows))[:10]]).mean(1, keepdim=True)
    found = []
    for _ in range(picks):
        pick = int(nearest.argmax())
        found.append(pick)
        both = torch.cat([nearest, distances(rows[pick:pick + 1])], dim=-1)
        nearest = both.min(dim=1).values.reshape(-1, 1)
    return found
