package bench_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// line is the measurement in one line, for the impatient.
func (m *measurement) line() string {
	return fmt.Sprintf("%s, %s: %.2f (%.2f to %.2f) of the speed, %.2f (%.2f to %.2f) of the CPU; %.0f/s against %.0f/s",
		m.engine, m.comparison.name, m.speed.median, m.speed.low, m.speed.high, m.cpu.median, m.cpu.low, m.cpu.high, m.plinth.speed, m.hand.speed)
}

// The measured part of a document stands between these lines.
const (
	beginMeasured = "<!-- measured: written by the command above, do not edit -->\n"
	endMeasured   = "<!-- end of what was measured -->\n"
)

// publish prints the results, or puts them into the document that -report names.
func publish(t *testing.T, results []measurement) {
	t.Helper()
	text := render(results)
	if *report == "" {
		fmt.Print("\n", text)
		return
	}
	document, err := os.ReadFile(*report)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := replaceMeasured(string(document), text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*report, []byte(updated), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaceMeasured(document, text string) (string, error) {
	before, rest, ok := strings.Cut(document, beginMeasured)
	_, after, end := strings.Cut(rest, endMeasured)
	if !ok || !end {
		return "", fmt.Errorf("the document has no lines %q and %q", beginMeasured, endMeasured)
	}
	return before + beginMeasured + "\n" + text + "\n" + endMeasured + after, nil
}

// render writes the results as Markdown.
func render(results []measurement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s: %s on %s/%s, %d cores shared by load generator, server and database, %d connections, %d rounds of %v for each side.\n",
		time.Now().UTC().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), clients, *rounds, duration())
	for _, engine := range []struct{ name, title string }{{enginePostgres, "PostgreSQL"}, {engineSQLite, "SQLite"}} {
		begun := false
		for i := range results {
			m := &results[i]
			if m.engine != engine.name {
				continue
			}
			if !begun {
				fmt.Fprintf(&b, "\n### %s\n\n| case | requests/s by hand | Plinth | ratio (95 %%) | CPU by hand, µs | Plinth | ratio (95 %%) | allocations by hand | Plinth | goal |\n"+
					"|---|---|---|---|---|---|---|---|---|---|\n", engine.title)
				begun = true
			}
			fmt.Fprintf(&b, "| %s | %.0f | %.0f | **%.2f** (%.2f–%.2f) | %.1f | %.1f | %.2f (%.2f–%.2f) | %.0f | %.0f | %s |\n",
				m.comparison.name, m.hand.speed, m.plinth.speed, m.speed.median, m.speed.low, m.speed.high,
				m.hand.cpu, m.plinth.cpu, m.cpu.median, m.cpu.low, m.cpu.high, m.hand.allocs, m.plinth.allocs, m.verdict())
		}
	}
	return b.String()
}

// verdict says whether the bounds of the interval hold the goals, which are for
// PostgreSQL.
func (m *measurement) verdict() string {
	if m.engine != enginePostgres {
		return ""
	}
	goal := func(name, relation string, limit float64, held bool) string {
		word := "held"
		if !held {
			word = "short"
		}
		return fmt.Sprintf("%s %s %.2f: %s", name, relation, limit, word)
	}
	var goals []string
	if g := m.comparison.speed; g > 0 {
		goals = append(goals, goal("speed", "≥", g, m.speed.low >= g))
	}
	if g := m.comparison.cpu; g > 0 {
		goals = append(goals, goal("CPU", "≤", g, m.cpu.high <= g))
	}
	return strings.Join(goals, ", ")
}

func TestReplaceMeasured(t *testing.T) {
	t.Parallel()
	document := "# Title\n" + beginMeasured + "\nold\n\n" + endMeasured + "rest\n"
	got, err := replaceMeasured(document, "new\n")
	if want := "# Title\n" + beginMeasured + "\nnew\n\n" + endMeasured + "rest\n"; got != want || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := replaceMeasured("# Title\n", "new\n"); err == nil {
		t.Error("a document without marks was accepted")
	}
}
