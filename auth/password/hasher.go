package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-7694ebf6/plinth/internal/argon2id"
	"github.com/seed-7694ebf6/plinth/internal/threads"
)

// Config tunes a [Hasher]. The zero value is good.
type Config struct {
	// Memory is what one hash takes, in KiB.
	//
	// Defaults to 19,456 (19 MiB); at most 1 GiB.
	Memory uint32

	// Time is the number of passes over the memory.
	//
	// Defaults to 2; at most 16.
	Time uint32

	// Threads is the number of lanes of one hash. They are computed one after the
	// other: more of them make a hash no faster.
	//
	// Defaults to 1; at most 16.
	Threads uint8

	// Concurrent is the number of hashes that are computed at a time.
	//
	// Defaults to what [Config.AtATime] says.
	Concurrent int

	// Wait is how long a call waits for its turn.
	//
	// Defaults to 2 seconds.
	Wait time.Duration
}

// AtATime returns how many hashes a [Hasher] of this configuration computes at a time.
// Where Concurrent does not say it that is the number of processors, no more than Go uses
// (a program that is allowed more than there are, by GOMAXPROCS, keeps one free of hashes),
// and no more than half of the memory limit has room for, if there is one (GOMEMLIMIT): a
// container on a machine of many processors is ended by what they could hash.
func (c Config) AtATime() int {
	if c.Concurrent > 0 {
		return c.Concurrent
	}
	half := debug.SetMemoryLimit(-1) / 2
	room := half >> 10 / int64(cmp.Or(c.Memory, defaultMemory))
	return max(1, int(min(room, int64(runtime.NumCPU()), int64(runtime.GOMAXPROCS(0)))))
}

// Errors callers branch on.
var (
	// ErrMismatch reports a password that is not the one of the hash. It is answered
	// with 400 and the code of a login that failed.
	ErrMismatch error = &coded{"password: it is not the one of the hash", "invalid_credentials"}

	// ErrFormat reports a hash that this package cannot read, or one so costly
	// that it would be an attack to compute it. No client can help it: 500.
	ErrFormat error = &coded{"password: the hash is none of argon2id or bcrypt within bounds", "XX000"}

	// ErrBusy reports that too many hashes are being computed. It is answered
	// with 503 and Retry-After.
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
	memory *argon2id.Memory
	turns  chan struct{}
	wait   time.Duration
	absent string // what is verified where there is no hash
}

// New returns a Hasher.
func New(cfg Config) (*Hasher, error) {
	h := &Hasher{
		params: params{memory: cfg.Memory, time: cfg.Time, threads: cfg.Threads},
		wait:   cfg.Wait,
	}
	h.params.setDefaults()
	if err := h.params.check(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	if cfg.Concurrent < 0 || cfg.Wait < 0 {
		return nil, errors.New("password: Concurrent and Wait must not be negative")
	}
	if h.wait == 0 {
		h.wait = 2 * time.Second
	}
	h.turns = make(chan struct{}, cfg.AtATime())
	h.memory = argon2id.NewMemory(h.params.memory)
	h.absent = h.params.nobody()
	return h, nil
}

// Hash returns the hash of a password, a text of about 100 characters with
// everything that is needed to verify it. Its length is not judged here, see
// [Policy].
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	password = norm.NFC.String(password)
	hash := ""
	err := h.do(ctx, func() error {
		hash = h.params.hash(h.memory, password)
		return nil
	})
	if err != nil {
		return "", err
	}
	return hash, nil
}

// Verify reports by its error whether a password is the one of a hash: nil,
// [ErrMismatch], [ErrFormat], [ErrBusy] or the error of ctx. again says that the
// password fits and the hash is weaker than what Hash would make now.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (again bool, err error) {
	stored, err := parse(hash)
	if err != nil {
		return false, err
	}
	password = norm.NFC.String(password)
	err = h.do(ctx, func() error { return stored.verify(h.memory, password) })
	return err == nil && stored.weaker(h.params), err
}

// VerifyNobody takes as long as [Hasher.Verify] of a wrong password: for logins to
// an account that does not exist, so that the time does not tell. Its error is
// never nil.
func (h *Hasher) VerifyNobody(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, h.absent, password)
	return err
}

// do computes something in its turn. The result must not be looked at after an
// error: the computation may still be under way.
func (h *Hasher) do(ctx context.Context, compute func() error) error {
	waiting := time.NewTimer(h.wait)
	defer waiting.Stop()
	select {
	case h.turns <- struct{}{}:
	case <-waiting.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-h.turns }()
		threads.GiveWay() // what takes milliseconds can wait for what takes less than one
		done <- compute()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
