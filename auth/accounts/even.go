package accounts

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/addrgroup"
)

// asksForMail are the routes by which strangers make accounts and mails. They draw on
// Limits.Requests, and neither their answer nor its time tells whether there is an
// account.
var asksForMail = map[string]bool{"signup": true, "otp": true, "magiclink": true, "recover": true, "resend": true}

// limit draws on the requests that an address may make, where they leave something
// behind.
func (x *exchange) limit(path string) error {
	switch {
	case asksForMail[path]:
		x.began, x.evenPath = time.Now(), path
		return x.drawRequest("requests")
	case path == "authorize":
		return x.drawMany("providers", addrgroup.Name(x.address()))
	}
	return nil
}

// evenStep is what the time of such an answer is a multiple of. What is done for an
// account and for none differs by much less.
const evenStep = 20 * time.Millisecond

// evenSpread is within what time after it such an answer comes, at any moment: what is left
// to do behind it, and how long a processor that has slept takes to wake, differs by some
// 50 microseconds.
const evenSpread = 2 * time.Millisecond

// bodyIsThere begins the time of the answer: what a client takes for its body is none of
// it. Else one that is slow would have all others wait, and could choose where in a step
// its own answer is made.
func (x *exchange) bodyIsThere() {
	if !x.began.IsZero() {
		x.began = time.Now()
	}
}

// even waits until the time that an answer has taken is a multiple of evenStep. The
// same statements run whether there is an account or not, but a row that is found is
// read, and a hundred samples show that. It is the machine's time, not Config.Now.
func (x *exchange) even() {
	if x.began.IsZero() || x.a.config.Autoconfirm {
		return // with Autoconfirm the answer to a sign-up says it
	}
	until := x.began.Add(time.Duration(x.step())*evenStep + rand.N(evenSpread))
	rest := time.NewTimer(time.Until(until) - coarse)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-x.r.Context().Done():
		return
	}
	for time.Now().Before(until) {
		runtime.Gosched()
	}
}

// step returns how many steps an answer takes that could be given now.
func (x *exchange) step() int {
	return x.a.pace.of(x.evenPath, 1+int(time.Since(x.began)/evenStep), x.began)
}

// evenLogin is what the pace of logins with a password is called. How long one takes tells
// by which hash its password is kept: those of accounts that were imported, or made before
// Config.Hashes was another, take longer or less than that of nobody. So who does not get in
// waits for the slowest. Who gets in does not, but has others wait: most that are slow do
// get in.
const evenLogin = "login"

// tryLogin makes a try at a password, whose answer tells nothing by its time. It begins
// when it is its turn: how long that takes is the same for everybody.
func (x *exchange) tryLogin(try func() error) error {
	x.began, x.evenPath = time.Now(), evenLogin
	err := try()
	if err == nil {
		x.step()
	}
	if !wrongGuess(err) {
		x.began = time.Time{}
	}
	return err
}

// coarse is how late a timer may be. An idle program sleeps for whole milliseconds (epoll),
// which end at a moment that tells when they began: that of a new account by a third of a
// millisecond. So the last one is not slept.
const coarse = 1200 * time.Microsecond

// pace is how many steps the slow ones among the answers of a route have taken lately. All
// take as many: where the work ends about when a step does, as a hash of 20 ms, one kind
// of request would else take a step more than the other most of the time.
type pace struct {
	mu     sync.Mutex
	routes map[string]slowest
}

// slowest is what the slowest answer of late has taken, and when it began.
type slowest struct {
	steps int
	since time.Time
}

// An answer that took more than mostSteps is an exception, which others do not wait for; one
// that took fewer is waited for until none has taken as many for paceKept.
const (
	mostSteps = 10
	paceKept  = 10 * time.Minute
)

// Where the hash of an account is looked at, that may be dear: bcrypt's with the cost 12 takes
// a quarter of a second. The time of a login begins when it hashes, so it is mostly that of
// the hash, and who had a dear one hours ago is not the only one.
const (
	mostHashSteps = 50
	loginPaceKept = 24 * time.Hour
)

// bounds returns how slow an answer of a route may be that others wait for, and for how long
// they do.
func bounds(route string) (most int, kept time.Duration) {
	switch route {
	case evenLogin:
		return mostHashSteps, loginPaceKept
	case "signup":
		return mostHashSteps, paceKept
	}
	return mostSteps, paceKept
}

// of returns how many steps an answer of a route takes that needs so many.
func (p *pace) of(route string, needs int, now time.Time) int {
	most, kept := bounds(route)
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.routes[route]
	if needs <= most && (needs >= s.steps || now.Sub(s.since) > kept) {
		s = slowest{needs, now}
		p.routes[route] = s
	}
	return max(needs, s.steps)
}
