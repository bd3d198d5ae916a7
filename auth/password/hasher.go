package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Config tunes a [Hasher]. The zero value is good.
type Config struct {
	// Memory is the memory of one hash in KiB.
	//
	// Defaults to 19,456 (19 MiB); at most 1 GiB.
	Memory uint32

	// Time is the number of passes over the memory.
	//
	// Defaults to 2; at most 16.
	Time uint32

	// Threads is the number of lanes of one hash, which are computed in parallel.
	//
	// Defaults to 1; at most 16.
	Threads uint8

	// Concurrent is the number of hashes computed at the same time.
	//
	// Defaults to half of GOMAXPROCS, at least one.
	Concurrent int

	// Wait is how long a call waits for a slot before it fails with [ErrBusy].
	//
	// Defaults to [DefaultWait].
	Wait time.Duration
}

// Validate returns an error if a number is out of its range.
func (c Config) Validate() error {
	p := params{memory: c.Memory, time: c.Time, threads: c.Threads}
	p.setDefaults()
	if err := p.check(); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	if c.Concurrent < 0 || c.Wait < 0 {
		return errors.New("password: Concurrent and Wait must not be negative")
	}
	return nil
}

// DefaultWait is the default of [Config.Wait].
const DefaultWait = 500 * time.Millisecond

// Slots returns how many hashes a [Hasher] of this configuration computes at the same time.
func (c Config) Slots() int {
	if c.Concurrent > 0 {
		return c.Concurrent
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}

// Errors callers branch on.
var (
	// ErrMismatch reports a password that does not match the hash. The response is 400 with
	// the code of a failed login.
	ErrMismatch error = &coded{"password: the password does not match the hash", "invalid_credentials"}

	// ErrFormat reports a hash that this package cannot read or that exceeds the bounds of
	// cost. The response is 500.
	ErrFormat error = &coded{"password: the hash is not argon2id or bcrypt with supported parameters", "XX000"}

	// ErrBusy reports that no slot became free within Config.Wait. The response is 503 with
	// Retry-After.
	ErrBusy error = busyError{}
)

// coded is an error that knows its code on the wire.
type coded struct{ text, code string }

func (e *coded) Error() string { return e.text }

// Problem returns the code of the error on the wire.
func (e *coded) Problem() string { return e.code }

type busyError struct{}

func (busyError) Error() string   { return "password: too many hashes are being computed" }
func (busyError) Problem() string { return "PL503" }

// Hasher computes and verifies hashes. It is safe for concurrent use.
type Hasher struct {
	params params
	slots  chan struct{} // a semaphore
	wait   time.Duration
	absent string // verified where an account has no hash
}

// New returns a Hasher.
func New(cfg Config) (*Hasher, error) {
	h := &Hasher{
		params: params{memory: cfg.Memory, time: cfg.Time, threads: cfg.Threads},
		wait:   cfg.Wait,
	}
	h.params.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if h.wait == 0 {
		h.wait = DefaultWait
	}
	h.slots = make(chan struct{}, cfg.Slots())
	h.absent = h.params.unknown()
	return h, nil
}

// Hash returns the hash of a password as a PHC string of about 100 characters. It does not
// judge the password, see [Policy].
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	password = norm.NFC.String(password)
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	return h.params.hash(password), nil
}

// Verify compares a password with a hash. It returns nil, [ErrMismatch], [ErrFormat],
// [ErrBusy] or the error of ctx. again reports that the password matches and the hash is
// weaker than a new one, so that the caller can replace it.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (again bool, err error) {
	stored, err := parse(hash)
	if err != nil {
		return false, err
	}
	password = norm.NFC.String(password)
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	defer h.release()
	err = stored.verify(password)
	return err == nil && stored.weaker(h.params), err
}

// VerifyAbsent takes as long as [Hasher.Verify] with a wrong password. Call it for a login
// to an account that does not exist, so that the response time does not reveal it. The
// error is never nil.
func (h *Hasher) VerifyAbsent(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, h.absent, password)
	return err
}

// acquire waits for a slot. A slot is held until its hash is computed, also when the client
// disconnects, so the memory of all hashes is bounded.
func (h *Hasher) acquire(ctx context.Context) error {
	waiting := time.NewTimer(h.wait)
	defer waiting.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-waiting.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Hasher) release() { <-h.slots }
