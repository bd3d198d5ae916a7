package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// ledgerState is what a history is checked against: accounts 0 and 1 of the first customer,
// account 2 of the second, and what each has sent to the other.
type ledgerState struct {
	balance [3]int64
	spent   [2]int64
}

const (
	openingBalance = 100
	historyLimit   = 150 // of a customer for a day
)

// ownerOf returns the customer of an account.
func ownerOf(account int) int { return account / 2 }

// ask is a transfer, or without an amount a read of the accounts of a customer.
type ask struct {
	by, from, to int
	amount       int64
}

// reply is the answer to it: the reason of a refusal, or the balances that were read.
type reply struct {
	refused string
	seen    [3]int64
}

// model says how a ledger changes. A transfer is refused for lack of money before it is
// refused by the limit.
var model = porcupine.Model{
	Init: func() any { return ledgerState{balance: [3]int64{openingBalance, openingBalance, openingBalance}} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(ledgerState), input.(ask), output.(reply)
		if in.amount == 0 {
			for account, balance := range s.balance {
				if ownerOf(account) == in.by && balance != out.seen[account] {
					return false, s
				}
			}
			return true, s
		}
		limited := ownerOf(in.to) != in.by
		switch {
		case s.balance[in.from] < in.amount:
			return out.refused == errFunds.Text, s
		case limited && s.spent[in.by]+in.amount > historyLimit:
			return out.refused == errLimit.Text, s
		}
		s.balance[in.from] -= in.amount
		s.balance[in.to] += in.amount
		if limited {
			s.spent[in.by] += in.amount
		}
		return out.refused == "", s
	},
}

// history is what concurrent clients ask a bank, and what it answers. A client that gets no
// answer sends its request again, with the same key, until it gets one.
type history struct {
	client    *http.Client
	url       func() string
	customers [2]*Customer
	accounts  [3]*Account
	start     time.Time
	repeated  atomic.Int64

	mu  sync.Mutex
	ops []porcupine.Operation
}

// newHistory opens accounts for one history.
func newHistory(t *testing.T, f *fixture, url func() string) *history {
	h := &history{client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}, url: url, start: time.Now()}
	t.Cleanup(h.client.CloseIdleConnections)
	for i := range h.customers {
		h.customers[i] = f.customer(t, historyLimit)
	}
	for i := range h.accounts {
		h.accounts[i] = f.open(t, h.customers[ownerOf(i)], fmt.Sprint("Account ", i), openingBalance)
	}
	return h
}

// run lets eight clients ask n times each. One answer of four is thrown away, as if it was lost.
func (h *history) run(t *testing.T, seed uint64, n int) {
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(c)))
			for i := range n {
				in := ask{by: c % 2}
				if in.from = r.IntN(2); in.by == 1 {
					in.from = 2
				}
				if r.IntN(3) > 0 {
					in.to, in.amount = (in.from+1+r.IntN(2))%3, 1+r.Int64N(60)
				}
				began := time.Since(h.start).Nanoseconds()
				out, err := h.untilAnswered(t.Context(), in, fmt.Sprintf("%d-%d", c, i), r.IntN(4) == 0)
				if err != nil {
					t.Error(err)
					return
				}
				h.mu.Lock()
				h.ops = append(h.ops, porcupine.Operation{ClientId: c, Input: in, Output: out, Call: began, Return: time.Since(h.start).Nanoseconds()})
				h.mu.Unlock()
			}
		})
	}
	clients.Wait()
}

// untilAnswered sends a request until the bank answers, once more if lost.
func (h *history) untilAnswered(ctx context.Context, in ask, key string, lost bool) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ; ; h.repeated.Add(1) {
		status, body, err := h.send(ctx, in, key)
		switch {
		case ctx.Err() != nil:
			return reply{}, fmt.Errorf("no answer in a minute: %w", err)
		case err != nil || status >= 500 || status == http.StatusTooManyRequests:
			time.Sleep(5 * time.Millisecond)
		case lost:
			lost = false
		default:
			out, again, err := h.read(in, status, body)
			if !again {
				return out, err
			}
		}
	}
}

func (h *history) send(ctx context.Context, in ask, key string) (status int, body []byte, err error) {
	method, path, content := http.MethodGet, "/rest/v1/accounts?select=id,balance", ""
	if in.amount > 0 {
		method, path = http.MethodPost, "/rest/v1/rpc/transfer"
		content = fmt.Sprintf(`{"from":%q,"to":%q,"amount":%d,"key":%q}`, h.accounts[in.from].ID, h.accounts[in.to].Number, in.amount, key)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.url()+path, strings.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Caller", h.customers[in.by].ID.String())
	res, err := h.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() // read to its end
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// read reads an answer. A transfer that lost against others too often is to be sent again.
func (h *history) read(in ask, status int, body []byte) (out reply, again bool, err error) {
	var rows []struct {
		ID      store.ID
		Balance int64
	}
	var refusal struct{ Code, Message string }
	switch {
	case in.amount == 0 && status == http.StatusOK:
		err = json.Unmarshal(body, &rows)
		for i, a := range h.accounts {
			for _, row := range rows {
				if row.ID == a.ID {
					out.seen[i] = row.Balance
				}
			}
		}
	case status == http.StatusConflict:
		err = json.Unmarshal(body, &refusal)
		out.refused, again = refusal.Message, refusal.Code != errFunds.Code
	case status != http.StatusOK:
		err = fmt.Errorf("%v: %d %s", in, status, body)
	}
	return out, again, err
}

// answered returns how many requests have an answer.
func (h *history) answered() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ops)
}

// judge fails the test unless the answers could have been given one by one.
func (h *history) judge(t *testing.T, f *fixture, n int) {
	t.Helper()
	if result := porcupine.CheckOperationsTimeout(model, h.ops, time.Minute); result != porcupine.Ok {
		t.Errorf("history %d of %d operations is not linearizable (%s)", n, len(h.ops), result)
	}
	var sum int64
	for _, a := range h.accounts {
		sum += f.account(t, a.ID).Balance
	}
	if sum != int64(len(h.accounts))*openingBalance {
		t.Errorf("history %d: the accounts have %d together", n, sum)
	}
}

// TestHistories lets eight clients send transfers and read balances at the same time: what they
// are told could have happened one by one. PLINTH_TEST_LONG=1 judges 200 histories.
func TestHistories(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		site := httptest.NewServer(f.handler)
		defer site.Close()
		seed := programtest.Seed(t, 23)
		rounds := 8
		if programtest.Long() {
			rounds = 200
		}
		repeated := int64(0)
		for n := range rounds {
			h := newHistory(t, f, func() string { return site.URL })
			h.run(t, seed+uint64(n), 8)
			h.judge(t, f, n)
			repeated += h.repeated.Load()
		}
		f.check(t)
		t.Logf("%d requests were sent again", repeated)
	})
}

// TestHistoriesWithKills is TestHistories with a server that is killed again and again.
func TestHistoriesWithKills(t *testing.T) {
	t.Parallel()
	for engine, location := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "bank.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := location(t)
			f := newFixture(t, url)
			var site atomic.Pointer[process]
			site.Store(startProcess(t, url))
			seed := programtest.Seed(t, 23)
			rounds := 2
			if programtest.Long() {
				rounds = 200
			}
			var kills, repeated int64
			for n := range rounds {
				h := newHistory(t, f, func() string { return site.Load().url })
				done := make(chan struct{})
				var killer sync.WaitGroup
				killer.Go(func() {
					for r := rand.New(rand.NewPCG(seed, uint64(n))); ; {
						for next := h.answered() + 5 + r.IntN(10); h.answered() < next; time.Sleep(time.Millisecond) {
							select {
							case <-done:
								return
							default:
							}
						}
						site.Load().kill()
						kills++
						site.Store(startProcess(t, url))
					}
				})
				h.run(t, seed+uint64(n), 12)
				close(done)
				killer.Wait()
				h.judge(t, f, n)
				repeated += h.repeated.Load()
			}
			f.check(t)
			t.Logf("%d kills, %d requests sent again", kills, repeated)
			if kills < int64(rounds) || repeated < kills {
				t.Error("too few kills to prove anything")
			}
		})
	}
}

// TestImpossibleHistories checks that the model refuses what cannot have happened.
func TestImpossibleHistories(t *testing.T) {
	t.Parallel()
	op := func(from, to int64, in ask, out reply) porcupine.Operation {
		return porcupine.Operation{Input: in, Output: out, Call: from, Return: to}
	}
	move := ask{by: 0, from: 0, to: 2, amount: 100}
	for name, ops := range map[string][]porcupine.Operation{
		"the same money twice":   {op(0, 9, move, reply{}), op(1, 8, move, reply{})},
		"more than the limit":    {op(0, 9, move, reply{}), op(1, 8, ask{by: 0, from: 1, to: 2, amount: 51}, reply{})},
		"refused without reason": {op(0, 1, move, reply{refused: errFunds.Text})},
		"half a transfer":        {op(0, 1, move, reply{}), op(2, 3, ask{by: 1}, reply{seen: [3]int64{0, 0, 100}})},
		"an old balance":         {op(0, 1, move, reply{}), op(2, 3, ask{by: 0}, reply{seen: [3]int64{100, 100, 0}})},
	} {
		if porcupine.CheckOperations(model, ops) {
			t.Errorf("%s was found possible", name)
		}
	}
}
