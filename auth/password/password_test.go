package password_test

import (
	"context"
	"encoding/base64"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
)

// light hashes cost little, so that tests are fast.
var light = password.Config{Memory: 64, Time: 1}

func newHasher(t testing.TB, cfg password.Config) *password.Hasher {
	t.Helper()
	h, err := password.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHash(t *testing.T) {
	t.Parallel()
	h := newHasher(t, password.Config{})
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || len(hash) > 128 {
		t.Errorf("hash %s", hash)
	}
	other, _ := h.Hash(t.Context(), "correct horse")
	if other == hash {
		t.Error("two hashes have one salt")
	}
	if again, err := h.Verify(t.Context(), hash, "correct horse"); again || err != nil {
		t.Errorf("again %v, %v", again, err)
	}
	if _, err := h.Verify(t.Context(), hash, "correct Horse"); !errors.Is(err, password.ErrMismatch) {
		t.Errorf("another password: %v", err)
	}
	if err := h.VerifyAbsent(t.Context(), "correct horse"); !errors.Is(err, password.ErrMismatch) {
		t.Errorf("nobody: %v", err)
	}
}

// TestEveryByteCounts: a hash that differs in any byte does not match.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	h := newHasher(t, light)
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndexByte(hash, '$') + 1
	key, err := base64.RawStdEncoding.DecodeString(hash[at:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range key {
		other := slices.Clone(key)
		other[i] ^= 1
		if _, err := h.Verify(t.Context(), hash[:at]+base64.RawStdEncoding.EncodeToString(other), "correct horse"); !errors.Is(err, password.ErrMismatch) {
			t.Errorf("byte %d: %v, want ErrMismatch", i, err)
		}
	}
}

// TestForeign verifies hashes of other programs: argon2's own test vector, and
// that of crypt_blowfish.
func TestForeign(t *testing.T) {
	t.Parallel()
	h := newHasher(t, light)
	tests := []struct{ hash, password string }{
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
		{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	}
	for _, tt := range tests {
		if err := password.CheckHash(tt.hash); err != nil {
			t.Errorf("%s: %v", tt.hash, err)
		}
		again, err := h.Verify(t.Context(), tt.hash, tt.password)
		if err != nil || !again { // the salt of the first has eight bytes
			t.Errorf("%s: again %v, %v", tt.hash, again, err)
		}
		if _, err := h.Verify(t.Context(), tt.hash, tt.password+"x"); !errors.Is(err, password.ErrMismatch) {
			t.Errorf("%s with another password: %v", tt.hash, err)
		}
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	old := newHasher(t, light)
	hash, err := old.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		cfg  password.Config
		want bool
	}{
		{light, false},
		{password.Config{Memory: 32, Time: 1}, false}, // ours is stronger
		{password.Config{Memory: 128, Time: 1}, true},
		{password.Config{Memory: 64, Time: 2}, true},
	} {
		again, err := newHasher(t, tt.cfg).Verify(t.Context(), hash, "correct horse")
		if again != tt.want || err != nil {
			t.Errorf("%+v: again %v, %v", tt.cfg, again, err)
		}
	}
	if again, _ := newHasher(t, password.Config{Memory: 128, Time: 1}).Verify(t.Context(), hash, "wrong"); again {
		t.Error("a wrong password asks for a new hash")
	}
}

// TestNormalization: texts that keyboards send in different normal forms match.
func TestNormalization(t *testing.T) {
	t.Parallel()
	h := newHasher(t, light)
	hash, err := h.Hash(t.Context(), "Zo\u00eb's caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Verify(t.Context(), hash, "Zoe\u0308's cafe\u0301"); err != nil {
		t.Errorf("decomposed: %v", err)
	}
	for _, other := range []string{"Zoe's cafe", "zo\u00eb's caf\u00e9", " Zo\u00eb's caf\u00e9"} {
		if _, err := h.Verify(t.Context(), hash, other); !errors.Is(err, password.ErrMismatch) {
			t.Errorf("%q: %v", other, err)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	const salt, key = "$c29tZXNhbHRzb21lc2FsdA", "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, hash := range []string{
		"", "x", "plain text", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1" + salt,
		"$argon2i$v=19$m=64,t=1,p=1" + salt + key,
		"$argon2id$v=16$m=64,t=1,p=1" + salt + key,
		"$argon2id$v=19$m=2097152,t=1,p=1" + salt + key, // 2 GiB
		"$argon2id$v=19$m=64,t=1000,p=1" + salt + key,
		"$argon2id$v=19$m=64,t=1,p=200" + salt + key,
		"$argon2id$v=19$m=64,t=0,p=1" + salt + key,
		"$argon2id$v=19$m=-64,t=1,p=1" + salt + key,
		"$argon2id$v=19$t=1,m=64,p=1" + salt + key,
		"$argon2id$v=19$m=64,t=1,p=1$!!" + key,
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdA" + key,
		"$argon2id$v=19$m=64,t=1,p=1" + salt + "$c2hvcnQ",
		"$2a$20$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", // hours
		"$2a$05$CCCC",
	} {
		if err := password.CheckHash(hash); !errors.Is(err, password.ErrFormat) {
			t.Errorf("%q: %v", hash, err)
		}
		if _, err := newHasher(t, light).Verify(t.Context(), hash, "x"); !errors.Is(err, password.ErrFormat) {
			t.Errorf("%q: Verify %v", hash, err)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, cfg := range []password.Config{
		{Memory: 4}, {Memory: 1 << 21}, {Time: 17}, {Threads: 17}, {Concurrent: -1}, {Wait: -1},
	} {
		if _, err := password.New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

// TestNew: making a Hasher computes no hash.
func TestNew(t *testing.T) { // it counts what the process allocates
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	newHasher(t, password.Config{})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("New allocates %d bytes", got)
	}
}

// TestVerifyAbsent: without a hash it computes one of the configured cost.
func TestVerifyAbsent(t *testing.T) { // it counts what the process allocates
	for _, cfg := range []password.Config{{Memory: 4 << 10, Time: 1}, {Memory: 8 << 10, Time: 1, Threads: 2}} {
		h := newHasher(t, cfg)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := h.VerifyAbsent(t.Context(), "correct horse"); !errors.Is(err, password.ErrMismatch) {
			t.Errorf("%+v: %v", cfg, err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got < uint64(cfg.Memory)<<10 {
			t.Errorf("%+v: it allocates %d bytes", cfg, got)
		}
	}
}

// TestSlots: calls beyond Concurrent fail with ErrBusy after Wait or with the error of their
// context, and every slot is free again afterwards.
func TestSlots(t *testing.T) {
	t.Parallel()
	h := newHasher(t, password.Config{Memory: 64 << 10, Time: 4, Concurrent: 1, Wait: time.Millisecond})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	errs := make([]error, 16)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			ctx := t.Context()
			if i%2 == 1 {
				ctx = gone
			}
			_, errs[i] = h.Hash(ctx, "correct horse")
		})
	}
	wg.Wait()
	hashed, busy, canceled := 0, 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			hashed++
		case errors.Is(err, password.ErrBusy):
			busy++
		case errors.Is(err, context.Canceled):
			canceled++
		default:
			t.Error(err)
		}
	}
	if hashed == 0 || busy == 0 || canceled == 0 {
		t.Errorf("%d hashed, %d busy, %d canceled", hashed, busy, canceled)
	}
	if _, err := h.Hash(t.Context(), "correct horse"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, password string
		policy         password.Policy
		words          []string
		reason         string // "": accepted
	}{
		{name: "good", password: "xk7fpqza"},
		{name: "spaces only count", password: "        "},
		{name: "too short", password: "xk7fpqz", reason: password.ReasonLength},
		{name: "characters, not bytes", password: "ééééééé", reason: password.ReasonLength},
		{name: "composed before counting", password: strings.Repeat("e\u0301", 7), reason: password.ReasonLength},
		{name: "long", password: strings.Repeat("é", 1024)},
		{name: "too long", password: strings.Repeat("é", 1025), reason: password.ReasonLength},
		{name: "not UTF-8", password: "xk7fpq\xff\xfe", reason: password.ReasonCharacters},
		{name: "common", password: "password1", reason: password.ReasonKnown},
		{name: "common in another case", password: "PassWord1", reason: password.ReasonKnown},
		{name: "the address", password: "Ann@Example.org", words: []string{"", "ann@example.org"}, reason: password.ReasonKnown},
		{name: "more than the address", password: "ann@example.org1", words: []string{"ann@example.org"}},
		{name: "a longer least", password: "xk7fpqza", policy: password.Policy{Min: 15}, reason: password.ReasonLength},
		{name: "no list", password: "password1", policy: password.Policy{Refuse: func(string) bool { return false }}},
	}
	for _, tt := range tests {
		err := tt.policy.Check(tt.password, tt.words...)
		weak, _ := errors.AsType[*password.WeakError](err)
		switch {
		case tt.reason == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.reason != "" && (weak == nil || !slices.Contains(weak.Reasons, tt.reason)):
			t.Errorf("%s: %v, want %s", tt.name, err, tt.reason)
		case err != nil && strings.Contains(err.Error(), tt.password):
			t.Errorf("%s: the error has the password: %v", tt.name, err)
		}
	}
	for _, p := range []password.Policy{{Min: -1}, {Max: 63}, {Min: 100, Max: 80}} {
		if p.Valid() == nil {
			t.Errorf("%+v is valid", p)
		}
	}
	if err := (password.Policy{}).Valid(); err != nil {
		t.Error(err)
	}
}

func TestCommon(t *testing.T) {
	t.Parallel()
	for _, known := range []string{"12345678", "password", "PASSWORD", "iloveyou", "qwertyuiop", "trustno1"} {
		if !password.Common(known) {
			t.Errorf("%q is not common", known)
		}
	}
	for _, unknown := range []string{"", "a", "xk7fpqza", "~", "12345678 "} {
		if password.Common(unknown) {
			t.Errorf("%q is common", unknown)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password")
	f.Add("$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U")
	f.Fuzz(func(t *testing.T, hash, entered string) {
		err := password.CheckHash(hash)
		if err != nil && !errors.Is(err, password.ErrFormat) {
			t.Errorf("%q: %v", hash, err)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := newHasher(b, password.Config{})
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestConfigSlots changes GOMAXPROCS, so it is not parallel.
func TestConfigSlots(t *testing.T) { // it changes GOMAXPROCS
	for procs, want := range map[int]int{1: 1, 2: 1, 3: 1, 4: 2, 8: 4} {
		before := runtime.GOMAXPROCS(procs)
		got := password.Config{}.Slots()
		runtime.GOMAXPROCS(before)
		if got != want {
			t.Errorf("GOMAXPROCS %d: %d slots, want %d", procs, got, want)
		}
	}
	if got := (password.Config{Concurrent: 7}).Slots(); got != 7 {
		t.Errorf("%d slots, want 7", got)
	}
}
