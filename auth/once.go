package auth

import (
	"context"
	"net/http"
	"sync"
)

// Once returns an Authenticator that calls a at most once for each request with a context
// of [Prepare] and returns the stored result afterwards. It calls a again if the header
// Authorization, Apikey or Cookie has changed. Other headers that a reads must not change.
// Requests without such a context are always passed to a.
func Once(a Authenticator) Authenticator { return &once{a} }

type once struct{ next Authenticator }

// Authenticate implements [Authenticator].
func (o *once) Authenticate(r *http.Request) (Principal, error) {
	known, _ := r.Context().Value(identifiedKey{}).(*identified)
	if known == nil {
		return o.next.Authenticate(r)
	}
	shown := credentialsOf(r.Header)
	if p, err, ok := known.answer(o, shown); ok {
		return p, err
	}
	p, err := o.next.Authenticate(r)
	known.mu.Lock()
	defer known.mu.Unlock()
	said := answer{by: o, to: shown, err: err}
	if !p.IsZero() {
		kept := p // only this one is on the heap
		said.principal = &kept
	}
	known.answers = append(known.answers, said)
	return p, err
}

// Prepare returns a context for one request, in which each [Once] stores its result and
// [Identify] the principal.
func Prepare(ctx context.Context) context.Context {
	known := &identified{Context: ctx}
	known.answers = known.room[:0]
	return known
}

// Identify authenticates a request by a. If the request has a context of [Prepare],
// Identify stores the principal there for [FromContext], unless it is zero. The request
// must not be used concurrently while Identify runs.
func Identify(a Authenticator, r *http.Request) (Principal, error) {
	p, err := Authenticate(a, r)
	if known, ok := r.Context().Value(identifiedKey{}).(*identified); ok && err == nil && !p.IsZero() {
		known.caller = p
	}
	return p, err
}

type identifiedKey struct{}

// identified is the context of a request that holds its caller.
type identified struct {
	context.Context // it is one

	caller any // a Principal, nil for the zero one

	mu      sync.Mutex
	answers []answer
	room    [2]answer // enough for an application: its own and that of the accounts
}

// answer is what an Authenticator said.
type answer struct {
	by        *once
	to        credentials
	principal *Principal // nil for the zero one
	err       error
}

// credentials are the headers of a request that usually carry credentials. It holds the
// first value of each and the number of values, because more than one is rejected.
type credentials struct {
	first [3]string
	count [3]int
}

func credentialsOf(h http.Header) (c credentials) {
	for i, name := range [...]string{"Authorization", "Apikey", "Cookie"} {
		if values := h[name]; len(values) > 0 {
			c.first[i], c.count[i] = values[0], len(values)
		}
	}
	return c
}

func (c *identified) answer(by *once, to credentials) (Principal, error, bool) { // the error is an answer
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.answers {
		if a := &c.answers[i]; a.by == by && a.to == to {
			if a.principal == nil {
				return Principal{}, a.err, true
			}
			return *a.principal, a.err, true
		}
	}
	return Principal{}, nil, false
}

// Value returns the principal and c itself for their keys.
func (c *identified) Value(key any) any {
	switch key.(type) {
	case identifiedKey:
		return c
	case principalKey:
		if c.caller != nil {
			return c.caller
		}
	}
	return c.Context.Value(key)
}
