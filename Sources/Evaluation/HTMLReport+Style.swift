extension HTMLReport {
  /// The page's style sheet.
  static let style: StaticString = """
    :root {
      color-scheme: light dark;
      --text: #1c2328; --soft: #5b6770; --line: #d8dee2; --back: #ffffff; --card: #f4f6f7;
      --nominal: #2f7fb8; --anomalous: #d1622b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --text: #e4e9ec; --soft: #9aa7b0; --line: #37424a; --back: #14191d; --card: #1d2429;
        --nominal: #5aa9e0; --anomalous: #ee8a55;
      }
    }
    body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 18px; margin: 0 0 12px; }
    main > section { margin-top: 40px; }
    .lead, .note, .legend { color: var(--soft); }
    .lead { margin: 6px 0 24px; }
    .note, .legend { font-size: 14px; margin: 0 0 12px; }
    .numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px; }
    .card { background: var(--card); border-radius: 8px; padding: 16px 18px; }
    .card h2 { font-size: 15px; font-weight: 600; margin: 0; }
    .card .note, .card .reason { font-size: 13px; line-height: 1.4; margin: 6px 0 0; overflow-wrap: anywhere; }
    .value { font-size: 34px; font-weight: 650; line-height: 1.3; margin: 0; font-variant-numeric: tabular-nums; }
    .value.none { font-size: 22px; color: var(--soft); line-height: 2; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: 15px; }
    th, td { text-align: left; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
    td { overflow-wrap: anywhere; }
    th { font-weight: 600; white-space: nowrap; }
    .n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; padding-left: 12px; }
    pre { background: var(--card); border-radius: 8px; padding: 14px 16px; overflow-x: auto; font-size: 13px; }
    svg { display: block; width: 100%; height: auto; }
    svg .nominal { fill: var(--nominal); }
    svg .anomalous { fill: var(--anomalous); }
    svg .grid { stroke: var(--line); stroke-width: 1; }
    svg .curve { fill: none; stroke: var(--nominal); stroke-width: 2; stroke-linejoin: round; }
    svg .axis { stroke: var(--text); stroke-width: 1; }
    svg .tick { fill: var(--soft); font-size: 12px; }
    .key { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-left: 12px; }
    .key:first-child { margin-left: 0; }
    .key.nominal { background: var(--nominal); }
    .key.anomalous { background: var(--anomalous); }
    .meaning { color: var(--soft); font-size: 13px; padding-left: 20px; }
    .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 20px; margin: 0 0 12px; }
    .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 20px; }
    figure { margin: 0; min-width: 0; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
    .pair img { width: 100%; height: auto; display: block; border-radius: 4px; background: var(--card); }
    figcaption { font-size: 14px; margin-top: 6px; }
    figcaption code { display: block; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }

    """
}
