#!/usr/bin/env bash
# Checks the C kernels in each form that they take: `bash Tests/Portability/run.sh` on x86-64 Debian 12 with Swift's clang
# and the packages qemu-user, libc6-dev-arm64-cross and libgcc-12-dev-arm64-cross.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=.build/portability; mkdir -p "$work"

# Every kernel that the headers declare must be named by a check.
for kernel in $(grep -oh '\bpc_[a-z0-9_]*(' Sources/CKernels/include/*.h | tr -d '(' | sort -u); do
  grep -q "\b$kernel(" Tests/Portability/*.c ||
    { echo "$kernel has no check in Tests/Portability"; exit 1; }
done

compile() { # output, options
  clang -O2 -std=gnu17 -Wall -Wextra -Werror -I Sources/CKernels/include -I Tests/Portability \
    Sources/CKernels/*.c Tests/Portability/*.c "${@:2}" -lm -o "$work/$1"
}

check() { # name, command
  echo "-- $1"
  # The emulator says which features of a model it lacks.
  "${@:2}" >"$work/$1.txt" 2>"$work/$1.err" ||
    { cat "$work/$1.txt"; grep -v "TCG doesn't support" "$work/$1.err" || true; echo "$1 FAILED"; exit 1; }
  head -n 1 "$work/$1.txt"
}

# As the package has them: the loader chooses one of three forms.
compile kernels
check this-machine "$work/kernels"
# Scalar fused instructions of this emulator read 28 bytes more than they use.
check emulated-haswell qemu-x86_64 -cpu Haswell "$work/kernels" 32
grep -qx 'level 1' "$work/emulated-haswell.txt"
check emulated-baseline qemu-x86_64 -cpu qemu64 "$work/kernels"
grep -qx 'level 0' "$work/emulated-baseline.txt"

# Each form for itself, where every byte beyond the numbers is out of bounds.
compile baseline -march=x86-64 '-Dtarget_clones(...)='
check baseline "$work/baseline"
if grep -qw avx2 /proc/cpuinfo; then
  compile avx2 -march=x86-64-v3 '-Dtarget_clones(...)='
  check avx2 "$work/avx2"
fi

compile arm64 --target=aarch64-linux-gnu -fuse-ld=lld -static
check arm64 qemu-aarch64 "$work/arm64"

# Kernel by kernel: the largest error as a share of what is allowed, and whether the bits are those of this machine.
echo "kernel: error of its bound here; = where another form gives the same bits, else its error"
forms=(emulated-haswell emulated-baseline arm64)
printf '%-26s %6s' '' here; printf ' %17s' "${forms[@]}"; echo
while read -r kernel bits error; do
  [ "$kernel" != level ] || continue
  printf '%-26s %6s' "$kernel" "$error"
  for form in "${forms[@]}"; do
    read -r _ other_bits other_error < <(grep "^$kernel " "$work/$form.txt")
    printf ' %17s' "$([ "$other_bits" = "$bits" ] && echo '=' || echo "$other_error")"
  done
  echo
done <"$work/this-machine.txt"
