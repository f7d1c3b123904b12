# Draws the spans of one trace, a line for each: when it began, how long it took, where, and what was done; children below their parents.
# A span whose parent is not among them stands at the top.

def number($width): tostring | (" " * ([$width - length, 0] | max)) + .;
def text($width): tostring | . + (" " * ([$width - length, 0] | max));
# Milliseconds with one digit behind the point.
def millis: . / 100 | round | "\(. / 10 | floor).\(. % 10)";

# A text of the market may hold what a terminal would obey.
def plain: tostring | gsub("[^ -~\u00a0-\uffff]"; "?");

def bar($from; $all; $width):
    ((.start_us - $from) * $width / $all | floor) as $at
    | ([.duration_us * $width / $all | ceil, 1] | max) as $long
    | [[$at, 0] | max, $width - 1] | min
    | (" " * .) + ("#" * ([$long, $width - .] | min)) | text($width);

def notes:
    .attributes as $a
    | [
        (if .status == "error" then "FAILED" else empty end),
        ($a["http.response.status_code"] // empty),
        ($a["fm.attempt.kind"] | select(. == "retry" or . == "hedge")),
        (if ($a["http.request.resend_count"] // 0) > 0 then "resend \($a["http.request.resend_count"])" else empty end),
        ($a["fm.messaging.attempt"] | select(. != null and . > 1) | "attempt \(.)"),
        ($a["fm.messaging.outcome"] | select(. == "retry" or . == "dead_letter" or . == "dropped") | sub("_"; " ")),
        ($a["error.type"] | select(. != null and . != ($a["http.response.status_code"] | tostring))),
        ($a["fm.outbox.wait_ms"] | select(. != null and . > 0) | "waited \(.) ms in the outbox"),
        (if $a["fm.cancelled"] then "cancelled" else empty end),
        (.parent_span_id as $parent | .trace_id as $trace | .links[] | select(.span_id != $parent or .trace_id != $trace) | "links to \(.trace_id)/\(.span_id)")
    ] | map(plain) | join(", ");

def below($children; $depth):
    ., (($children[.span_id] // [])[] | below($children; $depth + 1) | .depth += 1);

sort_by(.start_us)
| map(. + { depth: 0 })
| (map(.span_id)) as $known
| (group_by(.parent_span_id // "") | map({ key: (.[0].parent_span_id // ""), value: . }) | from_entries) as $children
| (map(.start_us) | min) as $from
| ([(map(.start_us + .duration_us) | max) - $from, 1] | max) as $all
| "trace \(.[0].trace_id): \(length) spans of \(map(.service) | unique | length) services, \($all | millis) ms, from \($from / 1000000 | floor | todate)",
  "",
  "\("START" | number(9)) \("MS" | number(9))  \("" | text(30))  \("INSTANCE" | text(24)) WHAT",
  (map(select(.parent_span_id as $parent | ($known | index($parent)) == null))[]
    | below($children; 0)
    | notes as $notes
    | "\(.start_us - $from | millis | number(9)) \(.duration_us | millis | number(9)) |\(bar($from; $all; 30))| \(.instance | plain | text(24)) \(("  " * .depth) // "")\(.name | plain)\(if $notes == "" then "" else "  [\($notes)]" end)")
