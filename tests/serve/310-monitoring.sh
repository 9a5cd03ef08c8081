#!/bin/bash
# A sync, import or export that failed, was killed or never ran is in status, in
# /metrics and on the page; a program without an account may ask for /metrics and
# for nothing else; the alert rules and the dashboard of etc/ hold against a real
# Prometheus.  (issue 15)
. "$(dirname "$0")/lib.sh"
cd "$T"
PUT_ACCESS=${PUT_ACCESS:-${FERRY_BUILD:-$TOP/build/strict}/tests/tools/put_access}

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 3 --versions 1
near_conf "$BASE/" 'signatures = "off"; visibility = "public"; tries = 1; packages = [ "pkg-00001", "pkg-00002" ];'
expect 0 near init --name near
far() { "$FERRY" --store far "$@"; }
expect 0 far init --name far

say "never"
expect 0 near status
has out "last sync    never" "last export  never" "free         "
hasnt out "tried"
start_ferryd near --config near.conf
NEAR=$URL NEARPID=$LASTPID
metrics() { curl -sf "${AUTH[@]}" "$NEAR/metrics" >metrics; }
# value METRIC: its number.
value() { awk -v m="$1" '$1 == m { print $2 }' metrics; }
AUTH=()
metrics
is success "$(value 'ferry_last_success_timestamp_seconds{command="sync"}')" 0
is try "$(value 'ferry_last_try_timestamp_seconds{command="sync"}')" 0
is expected "$(value ferry_upstreams_configured)" 1

say "failed"
cp near.conf good.conf
sed -i "s|$BASE/|http://127.0.0.1:9|" near.conf
expect 8 near sync
expect 0 near status
has out "last sync    never" "failed with status 8: 2 failed, first npm:pkg-0000" "Failed to connect"
expect 0 near --json status
is status "$(jq .tries.sync.status out)" 8
wait_for 5 eval 'metrics; [ "$(value "ferry_last_try_status{command=\"sync\"}")" = 8 ]'
is success "$(value 'ferry_last_success_timestamp_seconds{command="sync"}')" 0
curl -sf "$NEAR/" >page
has page "Last sync: never. One that began at" "failed (status 8)"
cp good.conf near.conf

say "killed, and stopped"
printf '/pkg-00001 slow 99\n' >rules
"$FERRY" --config near.conf sync >sync.out 2>&1 &
pid=$!
wait_for 10 eval 'near --json status | jq -e ".tries.sync | has(\"ended\") | not"'
kill -9 $pid
wait $pid 2>/dev/null || :
expect 0 near status
has out "under way, or it was killed"
wait_for 5 eval 'metrics; [ "$(value "ferry_last_try_unfinished{command=\"sync\"}")" = 1 ]'
began=$(($(date +%s) + 1))
sleep 1
"$FERRY" --config near.conf sync >sync.out 2>&1 &
pid=$!
wait_for 10 eval '[ "$(near --json status | jq .tries.sync.began)" -ge "$began" ]'
kill -INT $pid
wait $pid 2>/dev/null || :
expect 0 near --json status
is stopped "$(jq .tries.sync.status out)" 9
: >rules

say "done, and in part"
expect 0 near sync
expect 0 near status
has out "last sync    20"
hasnt out "tried"
near_conf "$BASE/" 'signatures = "off"; visibility = "public"; tries = 1; packages = [ "pkg-00001", "pkg-00404" ];'
expect 4 near sync
expect 0 near status
has out "failed: npm:pkg-00404: "
hasnt out "tried"
wait_for 5 eval 'metrics; [ "$(value ferry_sync_items_failed)" = 1 ]'
cp good.conf near.conf
expect 0 near sync

say "export and import"
expect 0 near key export near.pub
expect 0 far key export far.pub
mkdir disc
expect 0 near export --to disc
expect 21 far import disc
expect 0 far status
has out "last import  never" "failed with status 21: "
expect 0 far trust add near.pub --name near
expect 0 far import disc
expect 0 far status
has out "last import  20" "origin       near, up to record"
hasnt out "tried"
expect 0 near trust add far.pub --name far --only receipts
expect 0 near receipt add disc/ferry-receipt-far-*.txt
# Something that the site does not have, and permissions.
"$PUT_ACCESS" near ghes "$TOP/tests/data/access/octo.jsonl"
expect 0 near status
has out "site         far, up to record" " behind, as it said 20" "permissions  ghes, as of "

say "a program's token opens /metrics, and nothing else"
wait_for 5 eval '[ "$(curl -s -o /dev/null -w "%{http_code}" "$NEAR/metrics")" = 401 ]'
expect 2 near token create --service prometheus
expect 2 near token create --service prometheus --scopes read:metrics,read:packages
expect 2 near token create --service prometheus --scopes read:packages
expect 2 near token create --service prometheus --user tom --scopes read:metrics
expect 0 near token create --service prometheus --scopes read:metrics
grep '^ferry_s_' out | tr -d '\n' >service.token
AUTH=(-H "Authorization: Bearer $(cat service.token)")
expect 0 near token list
has out "service prometheus, read:metrics"
wait_for 5 metrics
for path in npm/pkg-00001 npm/@octo%2fui api/v3/user v2/; do
	code=$(curl -s -o body -w '%{http_code}' "${AUTH[@]}" "$NEAR/$path")
	case $path-$code in
	npm/pkg-00001-200) ;; # public, for everybody
	*-401 | *-403 | *-404) ;;
	v2/-200) ;; # "the token is good"
	*) fail "$path answers $code" ;;
	esac
done
hasnt body octo

command -v prometheus >/dev/null && command -v promtool >/dev/null || {
	echo "SKIP: the rules and the dashboard (no prometheus)"
	exit 0
}
say "the rules are rules"
promtool check rules "$TOP/etc/prometheus-rules.yml" >check.out 2>&1 || { cat check.out; fail rules; }
metrics
promtool check metrics <metrics >check.out 2>&1 || { cat check.out; fail "promtool check metrics"; }

say "a Prometheus has data for every query"
start_ferryd far
FAR=$URL
printf 'scrape_configs:
- job_name: ferry
  scrape_interval: 1s
  static_configs: [ { targets: [ "%s", "%s" ] } ]
  authorization: { credentials_file: service.token }
rule_files: [ "%s" ]
global: { evaluation_interval: 1s }
' "${NEAR#http://}" "${FAR#http://}" "$TOP/etc/prometheus-rules.yml" >prometheus.yml
port=$(free_port)
prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb \
    --web.listen-address="127.0.0.1:$port" >prometheus.log 2>&1 &
PIDS+=($!)
wait_for 30 curl -sf "http://127.0.0.1:$port/-/ready"
wait_for 20 eval 'curl -sf "http://127.0.0.1:$port/api/v1/query?query=count(up==1)" | grep -q "\"2\""'
# Some traffic, so that rates are of something.
for _ in 1 2 3 4 5 6; do
	curl -s -o /dev/null "$FAR/npm/pkg-00001"
	curl -s -o /dev/null "${AUTH[@]}" "$NEAR/npm/pkg-00002"
	sleep 0.5
done
# And something that is wrong.
sed -i "s|$BASE/|http://127.0.0.1:9|" near.conf
expect 8 near sync
cat >queries.py <<'END'
import json, sys, time, urllib.parse, urllib.request
base, dashboard = sys.argv[1:]

def get(path, **query):
    url = base + path + "?" + urllib.parse.urlencode(query)
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["data"]

queries = [t["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
           for p in json.load(open(dashboard))["panels"] for t in p["targets"]]
assert len(queries) >= 15, queries
end = time.monotonic() + 40
def empty(q):
    found = get("/api/v1/query", query=q)["result"]
    return not found or all(v["value"][1] == "NaN" for v in found)
missing = queries
while missing:
    missing = [q for q in missing if empty(q)]
    assert time.monotonic() < end, "no data for:\n" + "\n".join(missing)
    time.sleep(0.3)
assert not any("$" in q for q in queries)

def states():
    rules = get("/api/v1/rules")["groups"][0]["rules"]
    assert len(rules) >= 12, rules
    for r in rules:
        assert r["health"] in ("ok", "unknown"), r
    return {r["name"]: r for r in rules}
while True:
    s = states()
    if (all(r["health"] == "ok" for r in s.values())
            and s["FerryFailed"]["state"] == "pending"):
        break
    assert time.monotonic() < end, s
    time.sleep(0.3)
failed = s["FerryFailed"]["alerts"]
assert [a["labels"]["command"] for a in failed] == ["sync"], failed
# The fixture's permissions are older than two weeks; nothing else is wrong.
wrong = {n for n, r in s.items() if r["state"] != "inactive"}
assert wrong <= {"FerryFailed", "FerryPermissionsOld", "FerryDiskFull"}, wrong
END
python3 queries.py "http://127.0.0.1:$port" "$TOP/etc/grafana-dashboard.json"

say "a store that was never synced, and a server that is gone"
cat >alerts.yml <<END
rule_files: [ "$TOP/etc/prometheus-rules.yml" ]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - { series: 'up{job="ferry",instance="a"}', values: '0x30' }
  - { series: 'ferry_last_success_timestamp_seconds{job="ferry",instance="b",command="sync"}', values: '-300000x30' }
  - { series: 'ferry_upstreams_configured{job="ferry",instance="b"}', values: '1x30' }
  - { series: 'ferry_last_success_timestamp_seconds{job="ferry",instance="c",command="sync"}', values: '-300000x30' }
  - { series: 'ferry_upstreams_configured{job="ferry",instance="c"}', values: '0x30' }
  - { series: 'ferry_problems{job="ferry",instance="b",kind="lost"}', values: '2x30' }
  alert_rule_test:
  - { eval_time: 10m, alertname: FerryDown, exp_alerts: [ { exp_labels: { severity: critical, job: ferry, instance: a },
      exp_annotations: { summary: "ferryd at a does not answer" } } ] }
  - { eval_time: 25m, alertname: FerrySyncOverdue, exp_alerts: [ { exp_labels: { severity: warning, job: ferry, instance: b, command: sync },
      exp_annotations: { summary: "no sync of b succeeded for two days", action: "ferry status; journalctl -u ferry-sync" } } ] }
  - { eval_time: 5m, alertname: FerryProblems, exp_alerts: [ { exp_labels: { severity: critical, job: ferry, instance: b, kind: lost },
      exp_annotations: { summary: "2 times lost at b", action: "ferry status names them, with the packages" } } ] }
END
promtool test rules alerts.yml >check.out 2>&1 || { cat check.out; fail "promtool test rules"; }
