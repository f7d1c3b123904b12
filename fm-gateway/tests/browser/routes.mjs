// Tables to fill the screens with.

const GROUPS = ["orders", "billing", "catalogue", "search", "identity", "shipping", "media", "reviews", "partners", "reports"];
const PIPELINES = [
  (group) => [{ plugin: "discovery", settings: { service: `fm-${group}` } }, { plugin: "proxy" }],
  (group) => [{ plugin: "authentication", settings: { scopes: [`${group}:write`] } }, { plugin: "rate-limit", settings: { rate: 20, by: "user" } }, { plugin: "discovery", settings: { service: `fm-${group}` } }, { plugin: "proxy", settings: { head_timeout: "5s" } }],
  (group) => [{ plugin: "cors", settings: { origins: ["https://shop.example"] } }, { plugin: "rewrite", settings: { path: `/v2/${group}/\${path.id}` } }, { plugin: "discovery", settings: { service: `fm-${group}` } }, { plugin: "proxy" }],
  (group) => [{ plugin: "respond", settings: { status: 410, body: `${group} has moved` } }],
];

/** So many routes of ten groups, with different pipelines; some are not active. */
export const many_routes = (count) => Array.from({ length: count }, (_, n) => {
  const group = GROUPS[n % GROUPS.length];
  const number = Math.floor(n / GROUPS.length);
  return {
    id: `${group}-${String(number).padStart(3, "0")}`, name: `${group[0].toUpperCase()}${group.slice(1)}, part ${number}`, group, path: `/${group}/${number}/{id}`,
    methods: [["GET"], ["GET", "POST"], ["PUT", "PATCH", "DELETE"], []][number % 4], public: number % PIPELINES.length !== 1, active: n % 17 !== 3, plugins: PIPELINES[number % PIPELINES.length](group),
  };
});
