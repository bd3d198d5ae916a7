package accounts

import (
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
		x.began = time.Now()
		return x.drawRequest("requests")
	case path == "authorize":
		return x.drawMany("providers", addrgroup.Name(x.address()))
	}
	return nil
}

// evenStep is what the time of such an answer is a multiple of. What is done for an
// account and for none differs by much less.
const evenStep = 20 * time.Millisecond

// even waits until the time that an answer has taken is a multiple of evenStep. The
// same statements run whether there is an account or not, but a row that is found is
// read, and a hundred samples show that. It is the machine's time, not Config.Now.
func (x *exchange) even() {
	if x.began.IsZero() || x.a.config.Autoconfirm {
		return // with Autoconfirm the answer to a sign-up says it
	}
	rest := time.NewTimer(evenStep - time.Since(x.began)%evenStep)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-x.r.Context().Done():
	}
}
