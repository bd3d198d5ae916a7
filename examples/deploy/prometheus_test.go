package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestPrometheus lets Prometheus judge its configuration and the alerts, with series that are well and series that are not.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	promtool := programtest.Path(t, "promtool")
	check(t, promtool, "check", "config", "prometheus/prometheus.yml")
	check(t, promtool, "test", "rules", "prometheus/rules_test.yml")
	tests := read(t, "prometheus/rules_test.yml")
	page := read(t, "../../docs/operations.md")
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(read(t, "prometheus/rules.yml"), -1)
	if len(alerts) == 0 {
		t.Error("there are no alerts")
	}
	for _, alert := range alerts {
		name := alert[1]
		if quiet := strings.Count(tests, "alertname: "+name+"}"); quiet == 0 || strings.Count(tests, "alertname: "+name+"\n") == 0 {
			t.Errorf("%s is not tested in both ways", name)
		}
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/operations.md does not say what to do about %s", name)
		}
	}
}

// TestPrometheusOnKubernetes: of the pods that Kubernetes tells of, those are asked that
// serve, at the operators' port, under the job that the alerts look at.
func TestPrometheusOnKubernetes(t *testing.T) {
	t.Parallel()
	const file, discovery = "prometheus/kubernetes.yml", `    kubernetes_sd_configs:
      - role: pod
        namespaces: {names: [notes]}
`
	promtool := programtest.Path(t, "promtool")
	// Some builds, as that of Debian, know no Kubernetes.
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "config", file).CombinedOutput(); err != nil && !strings.Contains(string(out), "field kubernetes_sd_configs not found") {
		t.Errorf("%v\n%s", err, out)
	}
	// What it would find for each port of each container, by a file.
	pod := func(name, label, port, address, phase string) string {
		return fmt.Sprintf(`{"targets":[%q],"labels":{"__meta_kubernetes_pod_name":%q,"__meta_kubernetes_pod_label_app_kubernetes_io_name":%q,"__meta_kubernetes_pod_container_port_name":%q,"__meta_kubernetes_pod_phase":%q}}`,
			address, name, label, port, phase)
	}
	pods := filepath.Join(t.TempDir(), "pods.json")
	write(t, pods, []byte("["+strings.Join([]string{
		pod("notes-a", "notes", "http", "10.244.0.1:8080", "Running"), pod("notes-a", "notes", "ops", "10.244.0.1:9090", "Running"),
		pod("notes-b", "notes", "ops", "10.244.0.2:9090", "Running"), pod("notes-c", "notes", "ops", "10.244.0.3:9090", "Failed"),
		pod("notes-migrate-d", "notes", "", "10.244.0.4", "Running"), pod("redis-e", "redis", "ops", "10.244.0.5:9090", "Running"),
	}, ",")+"]"))
	asked := changed(t, file, discovery, fmt.Sprintf("    file_sd_configs: [{files: [%q]}]\n", pods))
	write(t, filepath.Join(filepath.Dir(asked), "rules.yml"), []byte(read(t, "prometheus/rules.yml")))
	check(t, promtool, "check", "config", asked)
	out, err := exec.CommandContext(t.Context(), promtool, "check", "service-discovery", "--timeout=5s", asked, "notes").Output()
	var found []struct{ Labels map[string]string }
	if err := errors.Join(err, json.Unmarshal(out, &found)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := map[string]string{}
	for _, target := range found {
		if len(target.Labels) > 0 {
			got[target.Labels["job"]+" "+target.Labels["instance"]] = target.Labels["__address__"]
		}
	}
	if want := map[string]string{"notes notes-a": "10.244.0.1:9090", "notes notes-b": "10.244.0.2:9090"}; !maps.Equal(got, want) {
		t.Errorf("asked are %q, want %q", got, want)
	}
	if manifest := read(t, "kubernetes/deployment.yaml"); !strings.Contains(manifest, "{name: ops,") || !strings.Contains(manifest, "labels: {app.kubernetes.io/name: notes,") {
		t.Error("the pods of the deployment are others")
	}
}

// dashboard is what a test looks at.
type dashboard struct {
	UID        string
	Templating struct {
		List []struct{ Query struct{ Query string } }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

// expressions returns what the panels and variables of the dashboard ask.
func expressions(t *testing.T) (panels, variables []string) {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "grafana/dashboards/notes.json")), &d); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			panels = append(panels, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		variables = append(variables, v.Query.Query)
	}
	return panels, variables
}

// TestDashboardExpressions lets Prometheus parse what the dashboard asks, with the values that Grafana would put in.
func TestDashboardExpressions(t *testing.T) {
	t.Parallel()
	promtool := programtest.Path(t, "promtool")
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	panels, _ := expressions(t)
	for i, expr := range panels {
		expr = strings.NewReplacer("$__rate_interval", "1m", "$job", "notes", "$instance", ".*").Replace(expr)
		fmt.Fprintf(&rules, "      - record: panel:%d\n        expr: %q\n", i, expr)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	write(t, file, []byte(rules.String()))
	if out := check(t, promtool, "check", "rules", file); !strings.Contains(out, fmt.Sprintf("%d rules found", len(panels))) {
		t.Errorf("%s", out)
	}
}

// TestGrafanaFindsAll: the dashboard asks the source that Grafana is given, and is mounted where Grafana looks for it.
func TestGrafanaFindsAll(t *testing.T) {
	t.Parallel()
	find := func(file, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(read(t, file))
		if m == nil {
			t.Fatalf("%s does not have %s", file, pattern)
		}
		return m[1]
	}
	const source = "grafana/provisioning/datasources/prometheus.yaml"
	want := map[string]any{"type": find(source, `(?m)^ +type: (\S+)$`), "uid": find(source, `(?m)^ +uid: (\S+)$`)}
	var all any
	if err := json.Unmarshal([]byte(read(t, "grafana/dashboards/notes.json")), &all); err != nil {
		t.Fatal(err)
	}
	asked := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			if from, ok := v["datasource"]; ok {
				if asked++; !reflect.DeepEqual(from, want) {
					t.Errorf("%v asks %v, want %v", v["title"], from, want)
				}
			}
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(all)
	if panels, variables := expressions(t); asked < len(variables) || len(panels) == 0 || asked == 0 {
		t.Errorf("%d sources for %d panels and %d variables", asked, len(panels), len(variables))
	}
	folder := find("grafana/provisioning/dashboards/notes.yaml", `(?m)^ +path: (\S+)$`)
	if mount := "./grafana/dashboards:" + folder + ":ro"; !strings.Contains(read(t, "compose.yaml"), mount) {
		t.Errorf("compose.yaml does not have %s", mount)
	}
	if address := find(source, `(?m)^ +url: http://(\S+):9090$`); !strings.Contains(read(t, "compose.yaml"), "\n  "+address+":\n") {
		t.Errorf("compose.yaml has no %s", address)
	}
}
