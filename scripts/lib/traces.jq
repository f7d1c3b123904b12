# A line for each trace that an instance ($name) keeps: when, id, how long, where, what.
def plain: tostring | gsub("[^ -~\u00a0-\uffff]"; "?");
.[] | "\(.start_us / 1000000 | floor | todate) \(.trace_id) \(.duration_us / 1000 | floor) ms \($name) \(.name | plain)\(if .failed then " [FAILED]" else "" end)"
