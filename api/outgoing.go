package api

import (
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// outgoing bounds the memory of large answers, from when they are known until their
// clients have read them or the server gives up on those (WriteTimeout): whoever asks for
// as much as there may be, many times, and reads nothing would have all of it otherwise.
type outgoing struct {
	most, mostOfOne int // bytes

	mu   sync.Mutex
	all  int
	each map[store.Caller]int
}

// largeAnswer is the size from which an answer is large.
const largeAnswer = 256 << 10

// newOutgoing bounds answers that are as large as the limit each.
func newOutgoing(limit int) *outgoing {
	limit = min(limit, math.MaxInt/8)
	return &outgoing{most: 8 * limit, mostOfOne: 2 * limit, each: make(map[store.Caller]int)}
}

var (
	errMuchOfOne = &problem.Error{
		Code: problem.TooManyRequests, Message: "Too much is being sent to you; read the answers that you have asked for.", RetryAfter: time.Second,
	}
	errMuch = &problem.Error{
		Code: problem.Unavailable, Message: "Too many large answers are being sent; try again in a moment.",
		Hint: "Ask for fewer rows or columns.", Expected: true, RetryAfter: time.Second,
	}
)

// take takes memory for so many bytes, unless there is none left.
func (o *outgoing) take(who store.Caller, n int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.each[who]+n > o.mostOfOne:
		return errMuchOfOne
	case o.all+n > o.most:
		return errMuch
	}
	o.add(who, n)
	return nil
}

// count counts so many bytes, whether or not there is memory left for them.
func (o *outgoing) count(who store.Caller, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(who, n)
}

func (o *outgoing) add(who store.Caller, n int) {
	o.each[who] += n
	o.all += n
}

func (o *outgoing) giveBack(who store.Caller, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all -= n
	if o.each[who] -= n; o.each[who] == 0 {
		delete(o.each, who)
	}
}

// admit takes memory for an answer of so many bytes, until the exchange ends: before it is
// sent, and before a transaction commits whose result it is. Services have what they want,
// as everywhere.
func (x *exchange) admit(n int) error {
	if !x.counts(n) {
		return nil
	}
	x.release() // of a transaction that is run again
	if err := x.s.outgoing.take(x.caller.scope.Caller, n); err != nil {
		return err
	}
	x.admitted = n
	return nil
}

// counts reports whether the memory of an answer counts. What is recorded is part of an
// answer that does.
func (x *exchange) counts(n int) bool {
	_, recorded := x.w.(*recorder)
	return n >= largeAnswer && x.r.Method != http.MethodHead && !recorded && x.caller.principal.Kind != auth.Service
}

// sending is called when so many bytes are sent. It takes memory where admit has taken none:
// for what is done and can only be sent, as a row that was written by its key, what a function
// has returned that is in no transaction, and an answer that was recorded. There is less for
// what comes next.
func (x *exchange) sending(n int) {
	if x.admitted == 0 && x.counts(n) {
		x.s.outgoing.count(x.caller.scope.Caller, n)
		x.admitted = n
	}
}

// release gives back the memory of the answer.
func (x *exchange) release() {
	if x.admitted > 0 {
		x.s.outgoing.giveBack(x.caller.scope.Caller, x.admitted)
		x.admitted = 0
	}
}
