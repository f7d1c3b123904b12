# Crates, as "name line" (1 for 1.2.3, 0.4 for 0.4.2), that a package reaches only through $bridges, by the output of `cargo metadata`.
.resolve as $resolve
| (.packages | map({key: .id, value: .}) | from_entries) as $packages
| def line: capture("^(?<major>[0-9]+)[.](?<minor>[0-9]+)") | if .major == "0" then "0.\(.minor)" else .major end;
  def named: $packages[.] | "\(.name) \(.version | line)";
  ($resolve.nodes | map({key: .id, value: [.deps[] | select(any(.dep_kinds[]; .kind != "dev")) | .pkg]}) | from_entries) as $edges
| def reached($bridges): {seen: {}, next: [$resolve.root]}
    | until(.next == []; .seen += (.next | map({key: ., value: true}) | from_entries)
        | .seen as $seen | .next = ([.next[] | $edges[.][] | select(($seen[.] | not) and (named as $l | $bridges | index($l) | not))] | unique))
    | .seen;
  (reached([]) | keys) - (reached($bridges) | keys) | map(named) | unique | .[]
