import Foundation
import PatchCore

/// A drawn part for the demo: a brushed metal flange with six holes on a dark belt, and perhaps a defect.
struct DemoPart {
  /// What is wrong with a part.
  enum Defect: String, CaseIterable {
    /// A bright line across the face.
    case scratch
    /// A dark, blurred blotch.
    case stain
    /// A hole full of swarf.
    case blockedHole = "blocked_hole"
    /// A bite out of the rim.
    case chip
  }

  /// Side of the drawing in pixels.
  static let side = 256
  /// Radius of a part in pixels.
  private static let radius = 94.0

  private let defect: Defect?
  private let centre: (x: Double, y: Double)
  private let turn: Double
  private let light: (level: Double, angle: Double)
  private let place: (radius: Double, angle: Double, size: Double, heading: Double)
  private let texture: UInt64

  /// A part with its own position, turn, light and grain, all from the seed.
  init(seed: UInt64, defect: Defect?) {
    var random = SeededGenerator(seed: seed)
    func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * random.nextUnit() }
    self.defect = defect
    centre = (128 + between(-3, 3), 128 + between(-3, 3))
    turn = between(-0.06, 0.06)
    light = (between(0.95, 1.05), between(0, 2 * .pi))
    place = (between(46, 68), between(0, 2 * .pi), between(0.8, 1.3), between(0, .pi))
    texture = random.next()
  }

  /// The drawing, and where it is defective: 255 for a defect pixel, 0 elsewhere.
  func draw() throws -> (image: Image, mask: Image) {
    let side = Self.side
    var pixels = [UInt8](repeating: 0, count: side * side * 3)
    var mask = [UInt8](repeating: 0, count: side * side)
    for y in 0..<side {
      for x in 0..<side {
        let (colour, damage) = sample(Double(x) + 0.5, Double(y) + 0.5)
        let grain = 1 + 0.05 * (noise(x, y, 7) - 0.5)
        for (channel, value) in colour.enumerated() {
          pixels[(y * side + x) * 3 + channel] = UInt8(min(max(value * grain * light.level * 255, 0), 255))
        }
        if damage > 0.5 { mask[y * side + x] = 255 }
      }
    }
    return (
      try Image(width: side, height: side, format: .rgb8, bytes: pixels),
      try Image(width: side, height: side, format: .grey8, bytes: mask)
    )
  }

  /// The colour at a point, 0 to 1, and how much of it is a defect.
  private func sample(_ x: Double, _ y: Double) -> (colour: [Double], damage: Double) {
    let dx = x - centre.x, dy = y - centre.y
    let radius = (dx * dx + dy * dy).squareRoot(), angle = atan2(dy, dx) - turn
    let belt = 0.13 + 0.03 * smoothNoise(x / 5, y / 5, 1) + 0.02 * sin(x * 0.7)
    let ring = 0.5 + 0.5 * sin(radius * 2.1 + 2 * smoothNoise(radius / 2, 0, 2))
    let shade = 0.06 * cos(angle + turn - light.angle) * radius / 100
    var metal = 0.56 + 0.07 * ring + 0.06 * smoothNoise(radius * 1.5, angle * 4, 3) + shade
    var damage = 0.0

    if case .stain = defect {
      let blot = distance(x, y) / (13 * place.size) + 0.5 * (smoothNoise(x / 6, y / 6, 4) - 0.5)
      let depth = step(1 - blot, 0.2)
      metal *= 1 - 0.5 * depth
      damage = max(damage, depth)
    }
    if case .scratch = defect {
      let along = (x - spot.x) * cos(place.heading) + (y - spot.y) * sin(place.heading)
      let bend = 2 * sin(along / 11)
      let across = -(x - spot.x) * sin(place.heading) + (y - spot.y) * cos(place.heading) + bend
      let depth = step(1.3 * place.size - abs(across), 1) * step(30 * place.size - abs(along), 3)
      metal += 0.32 * depth
      damage = max(damage, depth)
    }

    var face = step(Self.radius - radius, 1) * step(radius - 30, 1)
    if case .chip = defect {
      let rim = (x: centre.x + Self.radius * cos(place.angle), y: centre.y + Self.radius * sin(place.angle))
      let reach = ((x - rim.x) * (x - rim.x) + (y - rim.y) * (y - rim.y)).squareRoot()
      let bite = step(10 * place.size - reach + 4 * smoothNoise(x / 4, y / 4, 5), 1)
      damage = max(damage, bite * face)
      face *= 1 - bite
    }
    let bevel = step(3 - abs(radius - Self.radius + 3), 1) * 0.12 - step(3 - abs(radius - 33), 1) * 0.14
    metal += bevel
    for hole in 0..<6 {
      let direction = Double(hole) * .pi / 3
      let hx = 62 * cos(direction + turn) - dx, hy = 62 * sin(direction + turn) - dy
      let opening = step(10 - (hx * hx + hy * hy).squareRoot(), 1)
      if case .blockedHole = defect, hole == Int(place.angle) % 6 {
        let plug = step(10 + 5 * smoothNoise(x / 3, y / 3, 6) - (hx * hx + hy * hy).squareRoot(), 1)
        metal += (0.3 + 0.45 * smoothNoise(x / 2, y / 2, 8) - metal) * plug
        damage = max(damage, plug)
      } else {
        face *= 1 - opening
      }
    }
    let grey = belt * (1 - face) + metal * face
    return ([grey * 1.02, grey, grey * (1 - 0.05 * face)], damage)
  }

  private var spot: (x: Double, y: Double) {
    (centre.x + place.radius * cos(place.angle), centre.y + place.radius * sin(place.angle))
  }

  private func distance(_ x: Double, _ y: Double) -> Double {
    ((x - spot.x) * (x - spot.x) + (y - spot.y) * (y - spot.y)).squareRoot()
  }

  /// 0 below zero, 1 above `width`, straight between.
  private func step(_ value: Double, _ width: Double) -> Double { min(max(value / width + 0.5, 0), 1) }

  /// A number from 0 to 1 that depends on the place and the part alone.
  private func noise(_ x: Int, _ y: Int, _ layer: UInt64) -> Double {
    var random = SeededGenerator(
      seed: texture &+ UInt64(bitPattern: Int64(x)) &* 0x9E37_79B1 &+ UInt64(bitPattern: Int64(y)) &* 0x85EB_CA77_C2B2
        &+ layer &* 0x27D4_EB2F)
    return random.nextUnit()
  }

  private func smoothNoise(_ x: Double, _ y: Double, _ layer: UInt64) -> Double {
    let column = Int(x.rounded(.down)), row = Int(y.rounded(.down))
    let across = x - x.rounded(.down), down = y - y.rounded(.down)
    let u = across * across * (3 - 2 * across), v = down * down * (3 - 2 * down)
    let top = noise(column, row, layer) * (1 - u) + noise(column + 1, row, layer) * u
    let bottom = noise(column, row + 1, layer) * (1 - u) + noise(column + 1, row + 1, layer) * u
    return top * (1 - v) + bottom * v
  }
}
