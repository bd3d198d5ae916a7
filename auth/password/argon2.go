package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// params is the cost of an argon2id hash.
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

const (
	saltSize = 16 // RFC 9106 section 3.1
	keySize  = 32

	// Bounds of imported hashes, so that verifying one cannot exhaust the machine.
	maxMemory  = 1 << 20
	maxTime    = 16
	maxThreads = 16
	maxKey     = 64
)

const defaultMemory = 19 << 10 // KiB

func (p *params) setDefaults() {
	if p.memory == 0 {
		p.memory = defaultMemory
	}
	if p.time == 0 {
		p.time = 2
	}
	if p.threads == 0 {
		p.threads = 1
	}
}

func (p params) check() error {
	switch {
	case p.memory > maxMemory || p.memory < 8*uint32(p.threads):
		return fmt.Errorf("the Memory must be between 8 KiB a thread and %d KiB", maxMemory)
	case p.time < 1 || p.time > maxTime:
		return fmt.Errorf("the Time must be between 1 and %d", maxTime)
	case p.threads < 1 || p.threads > maxThreads:
		return fmt.Errorf("the Threads must be between 1 and %d", maxThreads)
	}
	return nil
}

// hash returns the PHC string of a password with a new salt.
func (p params) hash(password string) string {
	salt := random(saltSize)
	return p.text(salt, argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, keySize))
}

// unknown returns a PHC string with a random key, which no known password matches.
func (p params) unknown() string { return p.text(random(saltSize), random(keySize)) }

func (p params) text(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func random(size int) []byte {
	b := make([]byte, size)
	rand.Read(b) // never fails
	return b
}

// argonHash is a parsed argon2id hash.
type argonHash struct {
	params
	salt, key []byte
}

func (a *argonHash) verify(password string) error {
	key := argon2.IDKey([]byte(password), a.salt, a.time, a.memory, a.threads, uint32(len(a.key)))
	if subtle.ConstantTimeCompare(key, a.key) != 1 {
		return ErrMismatch
	}
	return nil
}

// weaker reports whether any part of the cost is below than.
func (a *argonHash) weaker(than params) bool {
	return a.memory < than.memory || a.time < than.time || len(a.salt) < saltSize || len(a.key) < keySize
}

var errPHC = errors.New("not a PHC string")

// parseArgon2 reads the part after "$argon2id$": version, cost, salt and key.
func parseArgon2(text string) (*argonHash, error) {
	version, rest, _ := strings.Cut(text, "$")
	cost, rest, _ := strings.Cut(rest, "$")
	saltText, keyText, ok := strings.Cut(rest, "$")
	if !ok || version != "v="+strconv.Itoa(argon2.Version) {
		return nil, errPHC
	}
	a := &argonHash{}
	var err error
	if a.params, err = parseCost(cost); err != nil {
		return nil, err
	}
	strict := base64.RawStdEncoding.Strict()
	salt, errSalt := strict.DecodeString(saltText)
	key, errKey := strict.DecodeString(keyText)
	if err := errors.Join(errSalt, errKey, a.check()); err != nil {
		return nil, err
	}
	if len(salt) < 8 || len(salt) > maxKey || len(key) < 16 || len(key) > maxKey {
		return nil, errPHC
	}
	a.salt, a.key = salt, key
	return a, nil
}

// parseCost reads "m=19456,t=2,p=1".
func parseCost(text string) (p params, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return p, errPHC
	}
	var values [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(parts[i], name)
		if values[i], err = strconv.ParseUint(digits, 10, 31); err != nil || !ok {
			return p, errPHC
		}
	}
	if values[2] > maxThreads {
		return p, errPHC
	}
	return params{memory: uint32(values[0]), time: uint32(values[1]), threads: uint8(values[2])}, nil
}
