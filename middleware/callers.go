package middleware

import (
	"net/http"
	"net/netip"
	"sync"

	"github.com/seed-7694ebf6/plinth/auth"
)

// caller is whose requests are counted together.
type caller struct {
	kind  auth.Kind
	id    string
	group netip.Prefix // of those whom limits know by no name
}

// callerOf returns who makes a request.
func callerOf(r *http.Request) caller {
	p := auth.FromContext(r.Context())
	if id := p.Counted(); id != "" {
		return caller{kind: p.Kind, id: id}
	}
	return caller{group: AddressGroup(ClientAddressOf(r))}
}

// callers counts the requests in work of each caller. Who has none takes no room. A nil
// one has no limit and counts nothing.
type callers struct {
	limit int
	mu    sync.Mutex
	count map[caller]int
}

// newCallers returns nil where there is no limit.
func newCallers(limit int) *callers {
	if limit == 0 {
		return nil
	}
	return &callers{limit: limit, count: make(map[caller]int)}
}

// enter counts one more request of its caller, unless there are as many as may be.
func (c *callers) enter(r *http.Request) (who caller, ok bool) {
	if c == nil {
		return caller{}, true
	}
	who = callerOf(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.count[who]
	if n >= c.limit {
		return who, false
	}
	c.count[who] = n + 1
	return who, true
}

func (c *callers) leave(who caller) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.count[who]; n > 1 {
		c.count[who] = n - 1
	} else {
		delete(c.count, who)
	}
}
