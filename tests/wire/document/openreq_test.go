package document_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// maxFindings is how many different ones are told.
const maxFindings = 40

// TestRequests sends requests made of the documents of several callers, and lets the
// documents judge the answers.
func TestRequests(t *testing.T) {
	t.Parallel()
	n := 1_000
	if programtest.Long() {
		n = 10_000
	}
	engines(t, func(t *testing.T, url string) {
		c := newCampaign(t, url)
		for i := range n {
			c.step(i)
		}
		c.report(t)
	})
}

// campaign is the requests of a test and what came of them.
type campaign struct {
	t    *testing.T
	url  string
	todo []*operation
	of   map[*operation]*generator

	seen     map[string]map[int]int // answers by operation and status
	findings map[string]int         // how often, by their text
	faults   int
}

func newCampaign(t *testing.T, url string) *campaign {
	t.Helper()
	c := &campaign{t: t, url: url, of: map[*operation]*generator{}, seen: map[string]map[int]int{}, findings: map[string]int{}}
	random := rand.New(rand.NewPCG(programtest.Seed(t, 1), 0))
	k := &known{keys: map[string][]any{}, tags: map[string]string{}, links: map[string][]string{}}
	for _, caller := range slices.Sorted(maps.Keys(callers)) {
		g := &generator{Rand: random, doc: readDocument(t, url, caller), caller: caller, known: k}
		for _, op := range g.doc.operations() {
			c.of[op] = g
			c.todo = append(c.todo, op)
			c.seen[op.OperationID] = map[int]int{}
		}
	}
	random.Shuffle(len(c.todo), func(i, j int) { c.todo[i], c.todo[j] = c.todo[j], c.todo[i] })
	return c
}

// step sends one request: every operation in turn, one in four against the document.
func (c *campaign) step(i int) {
	if i%50 == 0 {
		c.refresh()
	}
	op := c.todo[i%len(c.todo)]
	g := c.of[op]
	var r *request
	if g.once(4) {
		r = g.faulty(op)
		c.faults++
	} else {
		r = g.request(op)
	}
	a := send(c.t, c.url, r)
	for _, finding := range g.doc.judge(r, a) {
		key := op.method + " " + finding
		if c.findings[key]++; c.findings[key] == 1 && len(c.findings) <= maxFindings {
			c.t.Errorf("%s\n%s\n%s", finding, r, a.body[:min(len(a.body), 500)])
		}
	}
	c.seen[op.OperationID][a.status]++
	g.known.learn(g.doc, r, a)
}

// refresh reads the keys there are now.
func (c *campaign) refresh() {
	for _, op := range c.todo {
		g := c.of[op]
		if !strings.HasSuffix(op.OperationID, ".list") || g.caller != "service" {
			continue
		}
		for _, key := range g.doc.keyOf(op.Tags[0]) {
			delete(g.known.keys, op.Tags[0]+"."+key)
		}
		r := (&request{caller: g.caller, method: op.method, op: op, path: op.path}).finish()
		a := send(c.t, c.url, r)
		if findings := g.doc.judge(r, a); len(findings) > 0 {
			c.t.Errorf("%s\n%s\n%s", findings, r, a.body[:min(len(a.body), 500)])
		}
		g.known.learn(g.doc, r, a)
	}
}

// report prints what was answered, and finds operations that never succeeded.
func (c *campaign) report(t *testing.T) {
	t.Helper()
	var b strings.Builder
	for _, id := range slices.SortedFunc(maps.Keys(c.seen), cmp.Compare) {
		fmt.Fprintf(&b, "\n%-28s", id)
		succeeded := false
		for _, status := range slices.Sorted(maps.Keys(c.seen[id])) {
			fmt.Fprintf(&b, " %d: %-4d", status, c.seen[id][status])
			succeeded = succeeded || status/100 == 2
		}
		if !succeeded {
			t.Errorf("%s was never answered with 2xx", id)
		}
	}
	t.Logf("answers by operation and status; %d requests went against the document:%s", c.faults, b.String())
}
