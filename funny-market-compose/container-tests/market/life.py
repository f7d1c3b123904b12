"""What happens to a market in containers, in this order."""

import json
import os
import time

import yaml

from . import kubernetes, tour
from .engine import ENGINE, PROJECT, address_of, command, service_of, wait_until
from .visitor import Crowd, Visitor

PAGES = ["/", "/cars", "/api/cars", "/api/cars/facets", "/api/tracks/latest"]
FIXTURE = f"{os.environ['REPOSITORIES']}/fm-image/tests/fixtures/gps.jpg"


def tests():
    """The functions below that are sentences, as they stand."""
    return [(name, test) for name, test in globals().items() if callable(test) and name.count("_") >= 3]


def http(market):
    return Visitor(market.http, market.certificate)


def https(market):
    return Visitor(market.https, market.certificate)


def the_market_starts_from_compose_yaml(market):
    market.up()
    market.healthy()
    counts = {}
    for container in market.containers():
        counts[service_of(container)] = counts.get(service_of(container), 0) + 1
    for service in ("fm-profile", "fm-cars", "fm-image", "fm-tracker", "fm-web"):
        assert counts[service] == 2, counts
    wait_until("the start page is there", lambda: http(market).get("/").status == 200)


def every_container_is_bounded_and_nothing_runs_as_root(market):
    for container in market.containers():
        host, config = container["HostConfig"], container["Config"]
        assert host["Memory"] > 0, f"{container['Name']} has no memory limit"
        assert config["User"].split(":")[0] not in ("", "0", "root"), f"{container['Name']} runs as {config['User']!r}"


def the_limits_of_the_queues_hold_before_any_service_starts(market):
    policies = command(ENGINE, "exec", market.containers("rabbitmq-1")[0]["Id"], "rabbitmqctl", "--quiet", "list_policies")
    assert "fm-limits" in policies and "fm-calls" in policies, policies


def the_tour_of_the_readme_holds_through_the_published_port(market):
    tour.play(market.http, market.certificate)


def the_tour_of_the_readme_holds_through_nginx_with_tls(market):
    tour.play(market.https, market.certificate)


def plain_http_is_redirected_to_the_published_tls_port(market):
    plain = Visitor(f"http://localhost:{market.ports['HTTP_PORT']}", market.certificate)
    answer = plain.expect(308, "GET", "/cars?maker=audi")
    assert answer.headers["Location"] == f"{market.https}/cars?maker=audi", answer.headers["Location"]


def a_form_is_accepted_by_each_way_in_and_from_nowhere_else(market):
    for way in (http, https):
        name, password = way(market).sign_up()
        visitor = way(market)
        assert visitor.form("/sign-in", {"login": name, "password": password}, "https://evil.example").status == 403
        answer = visitor.form("/sign-in", {"login": name, "password": password})
        assert answer.status == 303, f"{visitor.origin()}: {answer.status} {answer.body[:300]}"
        assert name in visitor.expect(200, "GET", "/account").body.decode()


def two_copies_share_the_load(market):
    copies = [Visitor(f"http://{address_of(c, 'market')}:8080", market.certificate) for c in market.containers("fm-cars")]
    before = [answered(copy) for copy in copies]
    for _ in range(60):
        http(market).expect(200, "GET", "/api/cars")
    shares = [answered(copy) - had for copy, had in zip(copies, before)]
    print(f"of 60 requests: {shares}")
    assert all(share >= 10 for share in shares), shares


def answered(copy):
    lines = copy.get("/metrics").body.decode().splitlines()
    return sum(int(float(l.split()[-1])) for l in lines if l.startswith("http_requests_total") and 'route="/api/cars"' in l)


def a_killed_copy_of_a_service_costs_no_answer(market):
    victim = market.containers("fm-cars")[0]
    with Crowd(http(market), PAGES) as crowd:
        wait_until("people have come", lambda: crowd.asked > 50)
        market.kill(victim)
        asked = crowd.asked
        wait_until("people went on", lambda: crowd.asked > asked + 150, 90)
        restart(market, victim)
    crowd.without_failure(200)


def a_killed_etcd_node_costs_nothing(market):
    with_killed(market, "etcd-2")


def a_killed_rabbitmq_node_costs_nothing(market):
    with_killed(market, "rabbitmq-2")


def with_killed(market, service):
    victim = market.containers(service)[0]
    with Crowd(http(market), PAGES) as crowd:
        wait_until("people have come", lambda: crowd.asked > 20)
        market.kill(victim)
        seller = http(market)
        wait_until("somebody can sign up", lambda: seller.sign_up(), 30)
        car = wait_until("a car can be listed", seller.list_car, 30)
        latest = lambda: any(track["car_id"] == car for track in seller.get("/api/tracks/latest?limit=100").json()["items"])
        wait_until("fm-tracker has heard of the car", latest, 30)
        restart(market, victim)
    crowd.without_failure(50)


def restart(market, container):
    market.start(container)
    market.healthy(service_of(container))


def both_gateways_are_replaced_in_turn_and_nobody_behind_nginx_notices(market):
    with Crowd(https(market), PAGES) as crowd:
        wait_until("people have come", lambda: crowd.asked > 50)
        for gateway in ("fm-gateway-1", "fm-gateway-2"):
            market.up("--no-deps", "--force-recreate", gateway)
            market.healthy(gateway)
        wait_until("there were enough people", lambda: crowd.asked >= 550, 120)
    crowd.without_failure(500)


def forms_work_at_once_when_fm_web_has_been_replaced(market):
    name, password = https(market).sign_up()
    market.up("--no-deps", "--force-recreate", "fm-web")
    market.healthy("fm-web")
    wait_until("pages are back", lambda: https(market).get("/").status == 200, 15)
    for _ in range(40):
        answer = https(market).form("/sign-in", {"login": name, "password": password})
        assert answer.status == 303, f"{answer.status} {answer.body[:300]}"
        time.sleep(0.1)


def what_was_there_is_there_after_a_stop_of_everything(market):
    seller = http(market)
    name, password = seller.sign_up()
    car = seller.list_car()
    boundary = "part"
    with open(FIXTURE, "rb") as file:
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="images"; filename="a.jpg"\r\n'
                "Content-Type: image/jpeg\r\n\r\n").encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    picture = seller.expect(201, "POST", f"/api/cars/{car}/images", body, headers=headers).json()["images"][0]["url"]
    began = time.monotonic()
    market.compose("stop")
    killed = [c["Name"] for c in market.containers(all=True) if c["State"]["ExitCode"] == 137]
    assert not killed, f"did not end by themselves: {killed}"
    stopped = time.monotonic()
    market.up()
    market.healthy()
    print(f"stopped in {stopped - began:.0f} s, up again in {time.monotonic() - stopped:.0f} s")
    anyone = https(market)
    wait_until("the car is back", lambda: anyone.get(f"/api/cars/{car}").status == 200)
    wait_until("the picture is back", lambda: anyone.get(picture).status == 200)
    anyone.expect(200, "POST", "/api/auth/sign-in", {"login": name, "password": password})


def the_monitoring_profile_watches_every_instance(market):
    programs = ["prometheus", "alertmanager", "node-exporter"]
    token = market.compose("exec", "-T", "fm-gateway-1", "/usr/local/bin/fm-gateway", "token", "create", "prometheus")
    with open(f"{market.folder}/monitoring/token", "w") as file:
        file.write(token)
    market.up("--no-deps", *programs)
    market.healthy(*programs)
    prometheus, alertmanager = (Visitor(f"http://127.0.0.1:{market.ports[name]}", market.certificate) for name in ("PROMETHEUS_PORT", "ALERTMANAGER_PORT"))
    watched = {"market": 12, "etcd": 3, "rabbitmq": 3, "node": 1, "prometheus": 1}

    def all_are_up():
        up = {job: 0 for job in watched}
        for target in prometheus.expect(200, "GET", "/api/v1/targets?state=active").json()["data"]["activeTargets"]:
            up[target["labels"]["job"]] += target["health"] == "up"
        assert up == watched, up
        return up

    print(wait_until("every instance is watched", all_are_up, 90))
    rules = prometheus.expect(200, "GET", "/api/v1/rules?type=alert").json()["data"]["groups"]
    assert all(rule["health"] != "err" for group in rules for rule in group["rules"]) and len(rules) > 5, rules
    known = prometheus.expect(200, "GET", "/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]
    assert [a["url"] for a in known] == ["http://alertmanager:9093/api/v2/alerts"], known
    assert alertmanager.expect(200, "GET", "/api/v2/status").json()["config"]["original"]
    market.compose("rm", "--stop", "--force", *programs)


def the_kubernetes_manifests_fit_the_schemas_of_the_last_three_versions(market):
    for size in ("small", "ha"):
        file, manifests = kubernetes.render(market, size)
        kubernetes.validate(file)
        print(f"{size}: {len(manifests)} manifests")


def the_overlay_in_the_kubernetes_readme_takes_every_image_from_a_registry(market):
    file, manifests = kubernetes.render_as_in_readme(market)
    kubernetes.validate(file)
    deployments = {name: template for (kind, name), template in kubernetes.templates(manifests).items() if kind == "Deployment"}
    assert len(deployments) == 6, sorted(deployments)
    for name, template in deployments.items():
        image = template["spec"]["containers"][0]["image"]
        assert image == f"registry.example/{name}:0.1.0", image


def every_pod_in_kubernetes_is_bounded_probed_and_has_its_settings(market):
    for size in ("small", "ha"):
        _, manifests = kubernetes.render(market, size)
        kept = {kind: kubernetes.names(manifests, kind) for kind in ("ConfigMap", "Secret")}
        for (kind, name), template in kubernetes.templates(manifests).items():
            container = template["spec"]["containers"][0]
            assert container["resources"]["limits"]["memory"], name
            assert kind == "Job" or {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys(), name
            sources = [source for given in container.get("envFrom", []) for source in given.items()]
            for source, reference in sources:
                assert reference["name"] in kept["ConfigMap" if source == "configMapRef" else "Secret"], (name, reference)
            if kind == "Deployment" and name != "fm-gateway":
                assert any(reference["name"].startswith(f"{name}-") for _, reference in sources), f"{name} has no secret of its own"
        if size == "ha":
            scaled = kubernetes.names(manifests, "HorizontalPodAutoscaler")
            assert scaled == {"fm-cars", "fm-gateway"}, scaled
            for (kind, name), template in kubernetes.templates(manifests).items():
                alone = kind == "Job" or name in ("mongodb", "s3")
                assert alone or template["spec"]["topologySpreadConstraints"], name
                assert alone or name in kubernetes.names(manifests, "PodDisruptionBudget"), name


def the_kubernetes_deployments_run_as_pods_beside_the_others(market):
    if ENGINE != "podman":
        print("podman alone plays manifests")
        return
    _, manifests = kubernetes.render(market, "small")
    file = f"{market.folder}/pods.yaml"
    with open(file, "w") as out:
        yaml.safe_dump_all(kubernetes.as_pods(manifests), out)
    try:
        command(ENGINE, "kube", "play", "--network", f"{PROJECT}_market", file)
        for name in sorted(kubernetes.names(manifests, "Deployment")):
            program = command(ENGINE, "ps", "--quiet", "--filter", f"name=^{name}-pod.*-program$").strip()
            pod = json.loads(command(ENGINE, "pod", "inspect", json.loads(command(ENGINE, "inspect", program))[0]["Pod"]))
            infra = json.loads(command(ENGINE, "inspect", pod["InfraContainerID"]))[0]
            port = 8081 if name == "fm-gateway" else 8080
            ready = Visitor(f"http://{address_of(infra, 'market')}:{port}", market.certificate)
            wait_until(f"{name} is ready", lambda: ready.get("/health/ready").status == 200, 60)
    finally:
        command(ENGINE, "kube", "down", file, check=False)


def nothing_is_left_when_all_is_taken_down(market):
    market.logs()
    market.compose("--profile", "monitoring", "down", "--volumes", "--timeout", "10")
    label = f"label=com.docker.compose.project={PROJECT}"
    for kind in (("ps", "--all"), ("volume", "ls"), ("network", "ls")):
        left = command(ENGINE, *kind, "--quiet", "--filter", label).split()
        assert not left, f"{kind[0]}: {left}"
