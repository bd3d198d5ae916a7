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

// comparedRegion is the part of the document that TestCompare writes. Each
// series has a part of its own, so that one command leaves alone what another
// has measured.
const comparedRegion = "comparison"

// marks are the lines between which a measured part stands.
func marks(region string) (begin, end string) {
	return "<!-- measured: " + region + "; written by the command above, do not edit -->\n", "<!-- end of " + region + " -->\n"
}

// publish prints what was measured, or puts it into the document that -report
// names.
func publish(t *testing.T, region, text string) {
	t.Helper()
	if *against != "" {
		text = "Here \"by hand\" is Plinth of " + *against + ".\n\n" + text
	}
	if *report == "" {
		fmt.Print("\n", text)
		return
	}
	document, err := os.ReadFile(*report)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := replaceMeasured(string(document), region, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*report, []byte(updated), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaceMeasured(document, region, text string) (string, error) {
	begin, end := marks(region)
	before, rest, ok := strings.Cut(document, begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("the document has no lines %q and %q", begin, end)
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}

// occasion says when and where something was measured.
func occasion() string {
	return fmt.Sprintf("Measured on %s: %s on %s/%s, %d cores shared by load generator, server and database",
		time.Now().UTC().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

// render writes the results as Markdown.
func render(results []measurement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d connections, %d rounds of %v for each side.\n", occasion(), clients, roundCount(), duration())
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

// TestReplaceMeasured replaces one part of a document that has two.
func TestReplaceMeasured(t *testing.T) {
	t.Parallel()
	document := func(one, two string) string {
		text := "# Title\n"
		for _, part := range [][2]string{{"one", one}, {"two", two}} {
			begin, end := marks(part[0])
			text += begin + "\n" + part[1] + "\n" + end + "rest\n"
		}
		return text
	}
	for _, tt := range []struct{ region, want string }{
		{"one", document("new\n", "old\n")},
		{"two", document("old\n", "new\n")},
	} {
		got, err := replaceMeasured(document("old\n", "old\n"), tt.region, "new\n")
		if got != tt.want || err != nil {
			t.Errorf("part %s: got %q, %v", tt.region, got, err)
		}
	}
	if _, err := replaceMeasured(document("old\n", "old\n"), "three", "new\n"); err == nil {
		t.Error("a document without the marks was accepted")
	}
}
