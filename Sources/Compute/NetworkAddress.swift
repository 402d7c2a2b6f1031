/// The address of a batch, for pieces of work that each touch their own image.
///
/// `@unchecked Sendable`: the images of a batch do not overlap, and whoever makes it keeps the memory alive.
struct NetworkAddress: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>?

  init(_ base: UnsafeMutablePointer<Float>?) { self.base = base }
}
