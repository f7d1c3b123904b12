# Turns `cargo metadata --no-deps` into the line of the package $name of a cargo registry index.
# Format: https://doc.rust-lang.org/cargo/reference/registry-index.html#json-schema

# A value that older indexes cannot express: `dep:x` and `x?/y` belong to `features2`.
def modern: any(.[]; startswith("dep:") or contains("?/"));

.packages[] | select(.name == $name)
| {
    name,
    vers: .version,
    deps: [
      .dependencies[]
      | {
          name: (.rename // .name),
          req,
          features,
          optional,
          default_features: .uses_default_features,
          target,
          kind: (.kind // "normal"),
          # null is the registry of the index itself.
          registry: (if .registry == null then "https://github.com/rust-lang/crates.io-index" else null end),
          package: (if .rename then .name else null end)
        }
    ],
    cksum: $cksum,
    features: (.features | with_entries(select(.value | modern | not))),
    features2: (.features | with_entries(select(.value | modern))),
    yanked: false,
    links,
    rust_version,
    v: 2
  }
