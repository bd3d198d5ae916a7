package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// quietPanels are parts of what finds nothing in an application that is well and has no cache.
var quietPanels = []string{`code=~"5.."`, `code="503"`, "plinth_db_statement_errors_total", "plinth_db_reader_lag_seconds", "plinth_cache_errors_total"}

// grouped are the labels that results are told apart by.
var grouped = regexp.MustCompile(`by \(([a-z, ]+)\)`)

// TestPrometheusServer runs Prometheus as it is configured here, with an application that
// it asks: it is up, the rules can be evaluated and no alert fires, and the panels of the
// dashboard find what they ask for by the labels they ask it by.
func TestPrometheusServer(t *testing.T) {
	t.Parallel()
	path := programtest.Path(t, "prometheus")
	env := append(production(pgtest.URL(t)), "PLINTH_DRAIN_DELAY=0s")
	if out, err := runApp(t, env, "migrate", "up"); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	public, operators := startWithOperators(t, env)
	file := changed(t, "prometheus/prometheus.yml", "15s", "1s", "app:9090", operators)
	write(t, filepath.Join(filepath.Dir(file), "rules.yml"), []byte(read(t, "prometheus/rules.yml")))
	_, addrs := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		return programtest.Start(t, nil, path, "--config.file="+file, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+addrs[0])
	})
	server := addrs[0]
	awaitReady(t, server)

	empty := []string{"nothing was asked yet"}
	panels, _ := expressions(t)
	for begun := time.Now(); len(empty) > 0 && time.Since(begun) < 90*time.Second; time.Sleep(time.Second) {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			if err := sendNoteTo(t.Context(), "http://"+public, "Bearer "+token(store.NewID()), method); err != nil {
				t.Fatal(err)
			}
		}
		fetch(t, "http://"+public+"/nowhere", http.StatusNotFound)
		empty = nil
		for _, expr := range panels {
			expr = strings.NewReplacer("$__rate_interval", "10s", "$job", "notes", "$instance", ".*").Replace(expr)
			if !finds(t, server, expr) && !slices.ContainsFunc(quietPanels, func(p string) bool { return strings.Contains(expr, p) }) {
				empty = append(empty, expr)
			}
		}
	}
	for _, expr := range empty {
		t.Errorf("a panel finds nothing: %s", expr)
	}

	var targets struct {
		Data struct {
			ActiveTargets []struct{ Health, LastError string }
		}
	}
	asked(t, server, "targets", &targets)
	if list := targets.Data.ActiveTargets; len(list) != 1 || list[0].Health != "up" {
		t.Errorf("targets: %+v", list)
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, State, LastError string }
			}
		}
	}
	asked(t, server, "rules", &rules)
	number := 0
	for _, group := range rules.Data.Groups {
		for _, rule := range group.Rules {
			number++
			if rule.Health != "ok" || rule.State == "firing" {
				t.Errorf("%+v", rule)
			}
		}
	}
	if number < 10 {
		t.Errorf("%d rules", number)
	}
}

// finds reports whether an expression has a result with all labels that it is to be told by.
func finds(t *testing.T, server, expr string) bool {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct{ Metric map[string]string }
		}
	}
	asked(t, server, "query?query="+url.QueryEscape(expr), &answer)
	var labels []string
	if by := grouped.FindStringSubmatch(expr); by != nil {
		labels = slices.DeleteFunc(strings.Split(by[1], ", "), func(label string) bool { return label == "le" })
	}
	for _, result := range answer.Data.Result {
		if !slices.ContainsFunc(labels, func(label string) bool { return result.Metric[label] == "" }) {
			return true
		}
	}
	return false
}

// awaitReady waits until Prometheus answers questions, which is after it listens.
func awaitReady(t *testing.T, server string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	programtest.Until(t, 20*time.Second, "Prometheus is ready", func() bool {
		res, err := client.Get("http://" + server + "/-/ready")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// asked asks Prometheus.
func asked(t *testing.T, server, what string, answer any) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetch(t, fmt.Sprintf("http://%s/api/v1/%s", server, what), http.StatusOK)), answer); err != nil {
		t.Fatal(err)
	}
}
