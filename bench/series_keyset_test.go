package bench_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// maxDeepCost is what a page far behind may cost against the first: design.md.
const maxDeepCost = 1.1

var keysetHead = []string{"engine", "rows", "order", "far page", "page 1, requests/s", "far page, requests/s", "cost against page 1 (95 %)", "goal"}

// runKeyset follows the links to a page far behind and asks for it and the first
// in turn. The other side is left out: the question is whether pages cost alike.
func runKeyset(t *testing.T, engine string) []finding {
	rows, page := 1_000, 20
	if *growth {
		rows, page = 1_000_000, 10_000
	}
	b := newBulk(t, engine)
	b.grow(t, rows)
	b.serve(t, serverConfig{})
	m := newRequestMaker(b.content, 0, nil)
	byPrice := make([]string, len(m.own))
	for i, it := range m.own {
		byPrice[i] = it.ID.String()
	}
	byKey := slices.Sorted(slices.Values(byPrice))
	var found []finding
	for _, order := range []struct {
		name string
		keys []string
	}{{"id", byKey}, {"price.desc", byPrice}} {
		t.Run(order.name, func(t *testing.T) {
			walk := &pages{arena: b.arena, token: m.token, order: order.name, keys: order.keys}
			first := walk.take(t, shortList)
			walk.skip(t, (page-2)*shortList)
			far := walk.take(t, shortList)
			if !*growth {
				b.run(t, b.plinth, far, duration()/50)
				return
			}
			ones, others := interleave(
				func() sample { return b.run(t, b.plinth, first, duration()) },
				func() sample { return b.run(t, b.plinth, far, duration()) })
			found = append(found, keysetFinding(engine, rows, page, order.name, ones, others))
		})
	}
	return found
}

func keysetFinding(engine string, rows, page int, order string, first, far []sample) finding {
	cost := ratios(first, far, func(s sample) float64 { return s.speed })
	verdict := "held"
	if cost.high > maxDeepCost {
		verdict = "short"
	}
	return finding{cells: []string{
		engineTitles[engine], grouped(rows), order, grouped(page),
		fmt.Sprintf("%.0f", typical(first).speed), fmt.Sprintf("%.0f", typical(far).speed),
		fmt.Sprintf("**%.2f** (%.2f–%.2f)", cost.median, cost.low, cost.high), fmt.Sprintf("≤ %.1f: %s", maxDeepCost, verdict),
	}}
}

// pages follows the links through a list and compares every page with the keys
// it must have.
type pages struct {
	*arena
	token, order string
	keys         []string // that follow
	cursor       string   // to them, empty at the beginning
}

// skip goes on by rows, in long pages.
func (p *pages) skip(t *testing.T, rows int) {
	t.Helper()
	for rows > 0 {
		n := min(rows, longList)
		p.take(t, n)
		rows -= n
	}
}

// take reads the next page and returns how to ask for it.
func (p *pages) take(t *testing.T, limit int) *comparison {
	t.Helper()
	r := request{method: http.MethodGet, path: fmt.Sprintf("/items?order=%s&limit=%d", p.order, limit), token: p.token, keys: p.keys[:limit]}
	if p.cursor != "" {
		r.path += "&after=" + url.QueryEscape(p.cursor)
	}
	got := p.answer(t, p.plinth, &r)
	if got.status != http.StatusOK {
		t.Fatalf("%s: status %d, %s", r.path, got.status, got.body)
	}
	if keys := got.keys(t); !slices.Equal(keys, r.keys) {
		t.Fatalf("%s: %d rows from %v on, want %d from %v on", r.path, len(keys), keys[:min(1, len(keys))], limit, r.keys[0])
	}
	target, _, _ := strings.Cut(strings.TrimPrefix(got.link, "<"), ">")
	next, err := url.Parse(target)
	if err != nil || !next.Query().Has("after") {
		t.Fatalf("%s: the link to the next page is %q", r.path, got.link)
	}
	p.cursor, p.keys = next.Query().Get("after"), p.keys[limit:]
	return &comparison{name: "page", requests: []request{r}, status: http.StatusOK}
}
