package bench_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// engineTitles are the names of the engines for readers.
var engineTitles = map[string]string{enginePostgres: "PostgreSQL", engineSQLite: "SQLite"}

// ratioCells are the cells of ratioHead behind the engine and the case.
func (m *measurement) ratioCells() []string {
	return slices.Concat(m.speedCells(), []string{
		fmt.Sprintf("%.1f", m.hand.cpu), fmt.Sprintf("%.1f", m.plinth.cpu), fmt.Sprintf("%.2f (%.2f–%.2f)", m.cpu.median, m.cpu.low, m.cpu.high),
	})
}

func (m *measurement) speedCells() []string {
	return []string{
		fmt.Sprintf("%.0f", m.hand.speed), fmt.Sprintf("%.0f", m.plinth.speed),
		fmt.Sprintf("**%.2f** (%.2f–%.2f)", m.speed.median, m.speed.low, m.speed.high),
	}
}

func (m *measurement) waitCells() []string {
	return []string{
		fmt.Sprintf("%.2f", m.hand.p50), fmt.Sprintf("%.2f", m.plinth.p50), fmt.Sprintf("%.2f", m.hand.p99), fmt.Sprintf("%.2f", m.plinth.p99),
	}
}

// latencyCells are the cells of speed and latencyHead.
func (m *measurement) latencyCells() []string { return slices.Concat(m.speedCells(), m.waitCells()) }

// publishSeries publishes the table of a series, and its plots into a folder
// beside the document, with its name.
func publishSeries(t *testing.T, s *series, found []finding) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d rounds of %v for each side, by `%s`.\n\n", occasion(), roundCount(), duration(), seriesCommand(s))
	head := s.head
	if found[0].measurement != nil {
		head = slices.Concat([]string{"engine", "case"}, head)
	}
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, f := range found {
		cells := f.cells
		if f.measurement != nil {
			cells = slices.Concat([]string{engineTitles[f.engine], f.comparison.name}, cells)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	if *report != "" && s.axis != "" {
		folder := strings.TrimSuffix(*report, filepath.Ext(*report))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, p := range s.plots(found) {
			if err := os.WriteFile(filepath.Join(folder, p.file), []byte(p.chart.svg()), 0o644); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "\n![%s](%s/%s)\n", p.chart.title, filepath.Base(folder), p.file)
		}
	}
	publish(t, s.name, b.String())
}

// seriesCommand measures the series again.
func seriesCommand(s *series) string {
	command := "go -C bench test . -run TestSeries -v -series -timeout 30m -cases '^" + s.name + "$'"
	if *engines != "both" {
		command += " -engine " + *engines
	}
	return command
}

// plot is a chart with the name of its file.
type plot struct {
	file  string
	chart chart
}

// plots makes a chart of each case and quantity: a line for each side of each
// engine.
func (s *series) plots(found []finding) []plot {
	var names []string
	for _, f := range found {
		if !slices.Contains(names, f.comparison.name) {
			names = append(names, f.comparison.name)
		}
	}
	var plots []plot
	for _, name := range names {
		for _, q := range s.quantities {
			c := chart{title: fmt.Sprintf("%s: %s by %s", name, q.unit, s.axis), x: s.axis, y: q.unit, linear: s.linear}
			for _, f := range found {
				if f.comparison.name != name {
					continue
				}
				c.add(engineTitles[f.engine]+", Plinth", f.engine, f.at, q.of(f.plinth))
				c.add(engineTitles[f.engine]+", by hand", f.engine+" hand", f.at, q.of(f.hand))
			}
			file := strings.ReplaceAll(strings.Join([]string{s.name, name, q.name}, "-"), " ", "-") + ".svg"
			plots = append(plots, plot{file, c})
		}
	}
	return plots
}

// TestPlots checks which lines become of what was found.
func TestPlots(t *testing.T) {
	t.Parallel()
	var found []finding
	for i, name := range []string{"one", "one", "two words"} {
		m := &measurement{engine: enginePostgres, comparison: &comparison{name: name}, hand: sample{speed: 10, p99: 3}, plinth: sample{speed: float64(20 + i), p99: 4}}
		found = append(found, finding{at: 1 + i, measurement: m})
	}
	s := &series{name: "rows", axis: "rows", quantities: []quantity{speed, p99}}
	plots := s.plots(found)
	var files []string
	for _, p := range plots {
		files = append(files, p.file)
	}
	if want := []string{"rows-one-speed.svg", "rows-one-p99.svg", "rows-two-words-speed.svg", "rows-two-words-p99.svg"}; !slices.Equal(files, want) {
		t.Fatalf("files %v, want %v", files, want)
	}
	lines := plots[0].chart.lines
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.class, b.class) })
	if len(lines) != 2 || lines[0].name != "PostgreSQL, Plinth" || !slices.Equal(lines[0].points, []point{{1, 20}, {2, 21}}) ||
		lines[1].name != "PostgreSQL, by hand" || !slices.Equal(lines[1].points, []point{{1, 10}, {2, 10}}) {
		t.Errorf("lines %+v", lines)
	}
}
