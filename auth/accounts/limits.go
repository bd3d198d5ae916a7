package accounts

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
)

// Limit is a number of events in a period.
type Limit struct {
	// Count is the number; less than 0 is without bound.
	Count int

	// Per is the period, which begins with the first event.
	Per time.Duration
}

// Limits bound guesses of secrets and what unauthenticated clients can request. They hold for
// all instances on one database together, and across restarts. A request beyond one is answered
// with 429 and Retry-After.
//
// An IP address is one of IPv4 or a network of IPv6 with 64 bits, see Config.ClientAddress.
type Limits struct {
	// Guesses is how many wrong passwords and codes one IP address may try on one account, for
	// all factors and endpoints together.
	//
	// Defaults to 10 in 15 minutes.
	Guesses Limit

	// AddressGuesses is how many one IP address may try on all accounts.
	//
	// Defaults to 100 in 15 minutes.
	AddressGuesses Limit

	// AccountGuesses is how many consecutive wrong guesses all IP addresses together have for
	// one account (NIST SP 800-63B-4 section 3.2.2 allows 100). Then only IP addresses of the
	// user's sessions of the last 30 days can go on, each within Guesses, so that an attacker
	// cannot lock the owner out. From another IP address the owner logs in by a link in a mail,
	// a passkey, or a text message that was requested from there. That IP address is known from
	// then on. Such a message has 5 tries, and all messages of a day have as many as
	// AccountGuesses. The count is reset when the owner logs in with every factor, after a day
	// without a wrong guess, and after 30 days if it is full.
	//
	// Defaults to 100; less than 0 is without bound.
	AccountGuesses int

	// Mails is how many mails with a link or digits one e-mail address gets, whether it
	// has an account or not. Besides, mails of one kind wait for Config.MailInterval.
	//
	// Defaults to 20 in an hour.
	Mails Limit

	// NumberSMS is how many text messages one number gets, AddressSMS how many one IP address
	// may request, and SMS how many the application sends in all. Messages cost money, and
	// fraud by premium numbers requests many: set SMS to what the application needs in its
	// busiest hour. When SMS is spent no user gets a message, also not as a second factor.
	// Besides, a number waits for Config.MailInterval.
	//
	// Default to 5, 10 and 30 in an hour.
	NumberSMS, AddressSMS, SMS Limit

	// Requests is how many accounts and mails one IP address may request: sign-ups, anonymous
	// users, codes, recoveries. It is also the number of logins by passkey that it may begin,
	// of forged refresh tokens that are looked up, and of API keys that a user may make from
	// all IP addresses.
	//
	// Ten times as many are allowed for logins at providers and ID tokens, and for a user's
	// factor challenges, passkey registrations, links and changes of recovery codes. Valid
	// refresh tokens are not counted: a client that is rejected logs its user out.
	//
	// Defaults to 30 in 5 minutes.
	Requests Limit
}

func (l Limits) withDefaults() (Limits, error) {
	l.Guesses = l.Guesses.or(Limit{10, 15 * time.Minute})
	l.AddressGuesses = l.AddressGuesses.or(Limit{100, 15 * time.Minute})
	l.AccountGuesses = cmp.Or(l.AccountGuesses, 100)
	l.Requests = l.Requests.or(Limit{30, 5 * time.Minute})
	l.Mails = l.Mails.or(Limit{20, time.Hour})
	l.NumberSMS = l.NumberSMS.or(Limit{5, time.Hour})
	l.AddressSMS = l.AddressSMS.or(Limit{10, time.Hour})
	l.SMS = l.SMS.or(Limit{30, time.Hour})
	for _, one := range []Limit{l.Guesses, l.AddressGuesses, l.Requests, l.Mails, l.NumberSMS, l.AddressSMS, l.SMS} {
		if one.Per < 0 || one.Per > throttle.AccountForgets {
			return l, errors.New("accounts: the time of a Limit must be at most a day")
		}
	}
	return l, nil
}

func (l Limit) or(usual Limit) Limit {
	return Limit{cmp.Or(l.Count, usual.Count), cmp.Or(l.Per, usual.Per)}
}

// bounds returns the limits for the code that enforces them.
func (l Limits) bounds() throttle.Limits {
	return throttle.Limits{
		Guesses: throttle.Limit(l.Guesses), AddressGuesses: throttle.Limit(l.AddressGuesses), AccountGuesses: l.AccountGuesses, Requests: throttle.Limit(l.Requests),
		Mails: throttle.Limit(l.Mails), NumberSMS: throttle.Limit(l.NumberSMS), AddressSMS: throttle.Limit(l.AddressSMS), SMS: throttle.Limit(l.SMS),
	}
}

// remoteAddress is the usual Config.ClientAddress. The zero Addr, of a Unix socket, is
// an address like others.
func remoteAddress(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr()
}
