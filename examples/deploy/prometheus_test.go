package deploy_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/programtest"
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
