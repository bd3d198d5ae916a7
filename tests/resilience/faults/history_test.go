package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

const historyClients = 8

// checkTime is how long the search for an order of one history may take, and mostUnknown
// after how many moves of unknown outcome no more are made: each of them doubles the
// search. Changes under If-Match do not, since they fit one version only.
const (
	checkTime   = time.Minute
	mostUnknown = 10
)

// historian lets clients send requests and writes down what they were told.
type historian struct {
	client *http.Client
	url    func() string
	start  time.Time

	mu  sync.Mutex
	ops []porcupine.Operation
}

func newHistorian(url func() string) *historian {
	return &historian{client: newHTTPClient(historyClients), url: url, start: time.Now()}
}

// ask sends a request and returns its answer and when it began.
func (h *historian) ask(ctx context.Context, method, path string, header [2]string, body string) (answer, int64) {
	began := time.Since(h.start).Nanoseconds()
	return ask(ctx, h.client, method, h.url()+path, header, body), began
}

// note writes an operation down. One whose outcome is unknown may still happen
// at any later time.
func (h *historian) note(client int, a answer, began int64, input, output any) {
	ended := time.Since(h.start).Nanoseconds()
	if a.unknown() {
		ended = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: input, Output: output, Call: began, Return: ended})
}

// unknown returns how many operations have an unknown outcome.
func (h *historian) unknown() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range h.ops {
		if op.Return == math.MaxInt64 {
			n++
		}
	}
	return n
}

// run lets all clients do so many operations each.
func (h *historian) run(ctx context.Context, seed uint64, ops int, do func(ctx context.Context, client int, r *rand.Rand)) {
	var clients sync.WaitGroup
	for c := range historyClients {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(c)))
			for range ops {
				do(ctx, c, r)
			}
		})
	}
	clients.Wait()
}

// judge fails the test unless the history could have happened one by one.
func (h *historian) judge(t *testing.T, name string, model porcupine.Model) {
	t.Helper()
	if result := porcupine.CheckOperationsTimeout(model, h.ops, checkTime); result != porcupine.Ok {
		t.Errorf("%s: the history of %d operations is not linearizable (%s)", name, len(h.ops), result)
	}
}

// draftAsk is a read of a draft, or a change of one that must be of a version.
type draftAsk struct {
	id      string
	change  bool
	version int64
	text    string
}

// draftState is a draft, and what a read or a change answers.
type draftState struct {
	Version int64  `json:"version"`
	Text    string `json:"text"`
}

// draftAnswer is what was told. A change that is refused has no state.
type draftAnswer struct {
	unknown, refused bool
	state            draftState
}

// draftModel is one draft: a register with compare-and-set.
var draftModel = register[draftState, draftAsk, draftAnswer]{
	init: draftState{1, "a"},
	step: func(s draftState, in draftAsk, out draftAnswer) []draftState {
		fits := s.Version == in.version
		next := draftState{s.Version + 1, in.text}
		switch {
		case !in.change:
			return when(out.state == s, s)
		case out.unknown && fits:
			return []draftState{s, next}
		case out.unknown:
			return []draftState{s}
		case out.refused:
			return when(!fits, s)
		}
		return when(fits && out.state == next, next)
	},
}

// register is what a history is checked against: where it begins, and the states
// in which it can be after an operation with this answer.
type register[State comparable, Ask, Answer any] struct {
	init State
	step func(State, Ask, Answer) []State
}

func (m register[State, Ask, Answer]) model() porcupine.Model {
	return (&porcupine.NondeterministicModel{
		Init: func() []any { return []any{m.init} },
		Step: func(state, input, output any) []any {
			var next []any
			for _, s := range m.step(state.(State), input.(Ask), output.(Answer)) {
				next = append(next, s)
			}
			return next
		},
	}).ToModel()
}

func when[S any](holds bool, s S) []S {
	if holds {
		return []S{s}
	}
	return nil
}

// drafts reads and changes two drafts under If-Match and returns what checks each one's
// history.
func drafts(t *testing.T, url func() string, seed uint64, ops int) (check func()) {
	t.Helper()
	ids := []string{draftA, draftB}
	h := newHistorian(url)
	var known [historyClients][2]int64 // versions clients have seen
	h.run(t.Context(), seed, ops, func(ctx context.Context, c int, r *rand.Rand) {
		k := r.IntN(len(ids))
		if known[c][k] == 0 || r.IntN(2) == 0 {
			in := draftAsk{id: ids[k]}
			a, began := h.ask(ctx, http.MethodGet, "/drafts/"+ids[k]+"?select=version,text", [2]string{}, "")
			if a.unknown() {
				return // a read has no effect
			}
			out := draftAnswer{state: stateOf(t, a)}
			known[c][k] = out.state.Version
			h.note(c, a, began, in, out)
			return
		}
		in := draftAsk{id: ids[k], change: true, version: known[c][k], text: fmt.Sprintf("%d-%d", c, r.Uint32())}
		a, began := h.ask(ctx, http.MethodPatch, "/drafts/"+ids[k], [2]string{"If-Match", fmt.Sprintf("%q", fmt.Sprint(in.version))},
			fmt.Sprintf(`{"text":%q}`, in.text))
		out := draftAnswer{unknown: a.unknown(), refused: a.status == http.StatusPreconditionFailed}
		switch {
		case out.unknown, out.refused:
			known[c][k] = 0
		case a.status == http.StatusNoContent:
			known[c][k]++
			out.state = draftState{in.version + 1, in.text}
		default:
			t.Errorf("change of a draft: %d %s", a.status, a.body)
			return
		}
		h.note(c, a, began, in, out)
	})
	return func() {
		t.Helper()
		for _, id := range ids {
			one := &historian{ops: slices.DeleteFunc(slices.Clone(h.ops), func(op porcupine.Operation) bool {
				return op.Input.(draftAsk).id != id
			})}
			model := draftModel
			if id == draftB {
				model.init = draftState{1, "b"}
			}
			one.judge(t, "draft "+id, model.model())
		}
	}
}

func stateOf(t *testing.T, a answer) (s draftState) {
	if err := json.Unmarshal(a.body, &s); err != nil {
		t.Errorf("read of a draft: %d %s", a.status, a.body)
	}
	return s
}

// amounts are those of the four stocks.
type amounts [4]int64

// moveAsk is a move, or with an amount of zero a read of all stocks.
type moveAsk struct {
	from, to int
	amount   int64
}

// moveAnswer is what was told.
type moveAnswer struct {
	unknown, refused bool
	seen             amounts
}

// stockModel is the four stocks together.
var stockModel = register[amounts, moveAsk, moveAnswer]{
	init: amounts{10},
	step: func(s amounts, in moveAsk, out moveAnswer) []amounts {
		if in.amount == 0 {
			return when(out.seen == s, s)
		}
		enough := s[in.from] >= in.amount
		next := s
		next[in.from] -= in.amount
		next[in.to] += in.amount
		switch {
		case out.unknown && enough:
			return []amounts{s, next}
		case out.unknown:
			return []amounts{s}
		case out.refused:
			return when(!enough, s)
		}
		return when(enough, next)
	},
}

// moves moves amounts among four stocks, reads them, and returns what checks the history
// and that nothing has come or gone.
func moves(t *testing.T, url func() string, seed uint64, ops int) (check func()) {
	t.Helper()
	h := newHistorian(url)
	read := func(ctx context.Context) (answer, int64, amounts) {
		a, began := h.ask(ctx, http.MethodGet, "/stocks?select=amount&order=id", [2]string{}, "")
		var rows []struct{ Amount int64 }
		var seen amounts
		if err := json.Unmarshal(a.body, &rows); !a.unknown() && (err != nil || len(rows) != len(seen)) {
			t.Errorf("read of the stocks: %d %s", a.status, a.body)
		}
		for i, row := range rows[:min(len(rows), len(seen))] {
			seen[i] = row.Amount
		}
		return a, began, seen
	}
	h.run(t.Context(), seed, ops, func(ctx context.Context, c int, r *rand.Rand) {
		if h.unknown() >= mostUnknown {
			return
		}
		if r.IntN(3) == 0 {
			if a, began, seen := read(ctx); !a.unknown() {
				h.note(c, a, began, moveAsk{}, moveAnswer{seen: seen})
			}
			return
		}
		in := moveAsk{from: r.IntN(4), amount: 1 + r.Int64N(5)}
		in.to = (in.from + 1 + r.IntN(3)) % 4
		a, began := h.ask(ctx, http.MethodPost, "/rpc/move", [2]string{},
			fmt.Sprintf(`{"from":"s%d","to":"s%d","amount":%d}`, in.from+1, in.to+1, in.amount))
		out := moveAnswer{unknown: a.unknown(), refused: a.status == http.StatusConflict && errorCode(a) == errOutOfStock.Code}
		switch {
		case out.unknown, out.refused, a.status == http.StatusNoContent:
			h.note(c, a, began, in, out)
		case a.status == http.StatusConflict: // lost against others too often: it did not happen
		default:
			t.Errorf("move: %d %s", a.status, a.body)
		}
	})
	return func() {
		t.Helper()
		h.judge(t, "stocks", stockModel.model())
		last, _, seen := read(t.Context())
		for last.unknown() && t.Context().Err() == nil { // a connection may have been cut
			last, _, seen = read(t.Context())
		}
		var sum int64
		for _, n := range seen {
			if sum += n; n < 0 {
				t.Errorf("a stock is below zero: %v", seen)
			}
		}
		if sum != 10 {
			t.Errorf("the stocks hold %d, want 10: %v", sum, seen)
		}
	}
}

// TestLinearizable is R11: what concurrent clients are told about drafts under
// If-Match, and about moves among stocks, could have happened one by one.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		site := httptest.NewServer(f.handler)
		defer site.Close()
		url := func() string { return site.URL }
		for n := range either(10, 100) {
			f.reset(t)
			drafts(t, url, uint64(n), either(50, 200))()
			moves(t, url, uint64(n), 7)()
		}
	})
}

// TestLinearizableWithKills is TestLinearizable with a server that is killed and
// started again in the middle of it.
func TestLinearizableWithKills(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			location := filepath.Join(t.TempDir(), "test.db")
			if engine == "postgres" {
				location = pgtest.URL(t)
			}
			f := &fixture{steps: &plan{}}
			f.open(t, engine, location)
			var site atomic.Pointer[process]
			site.Store(startProcess(t, engine, location))
			url := func() string { return site.Load().url }
			var kills atomic.Int64
			rounds := either(3, 20)
			for n := range rounds {
				f.reset(t)
				done := make(chan struct{})
				var killer sync.WaitGroup
				killer.Go(func() {
					for r := rand.New(rand.NewPCG(uint64(n), 1)); ; {
						select {
						case <-done:
							return
						case <-time.After(time.Duration(20+r.IntN(100)) * time.Millisecond):
						}
						site.Load().kill()
						kills.Add(1)
						site.Store(startProcess(t, engine, location))
					}
				})
				checkDrafts := drafts(t, url, uint64(n), 100)
				checkMoves := moves(t, url, uint64(n), 7)
				close(done)
				killer.Wait()
				checkDrafts()
				checkMoves()
			}
			t.Logf("%d kills in %d rounds", kills.Load(), rounds)
			if kills.Load() < int64(rounds) {
				t.Error("too few kills to prove anything")
			}
		})
	}
}

// TestImpossibleHistories checks that the models refuse what cannot have
// happened.
func TestImpossibleHistories(t *testing.T) {
	t.Parallel()
	op := func(from, to int64, in, out any) porcupine.Operation {
		return porcupine.Operation{Input: in, Output: out, Call: from, Return: to}
	}
	changed := draftAnswer{state: draftState{2, "x"}}
	for _, tt := range []struct {
		name  string
		model porcupine.Model
		ops   []porcupine.Operation
	}{
		{"one version changed twice", draftModel.model(), []porcupine.Operation{
			op(0, 9, draftAsk{change: true, version: 1, text: "x"}, changed),
			op(1, 8, draftAsk{change: true, version: 1, text: "x"}, changed),
		}},
		{"an old state read after a change", draftModel.model(), []porcupine.Operation{
			op(0, 1, draftAsk{change: true, version: 1, text: "x"}, changed),
			op(2, 3, draftAsk{}, draftAnswer{state: draftState{1, "a"}}),
		}},
		{"a refusal without a reason", draftModel.model(), []porcupine.Operation{
			op(0, 1, draftAsk{change: true, version: 1, text: "x"}, draftAnswer{refused: true}),
		}},
		{"half a move", stockModel.model(), []porcupine.Operation{
			op(0, 1, moveAsk{from: 0, to: 1, amount: 4}, moveAnswer{}),
			op(2, 3, moveAsk{}, moveAnswer{seen: amounts{6, 0}}),
		}},
		{"more moved than there was", stockModel.model(), []porcupine.Operation{
			op(0, 9, moveAsk{from: 0, to: 1, amount: 6}, moveAnswer{}),
			op(0, 9, moveAsk{from: 0, to: 2, amount: 6}, moveAnswer{}),
		}},
	} {
		if porcupine.CheckOperations(tt.model, tt.ops) {
			t.Errorf("%s was found possible", tt.name)
		}
	}
}
