// Package environment reads the variables of a program. It collects every value that cannot
// be read, and finds variables that were not read.
package environment

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// Reader reads variables. A variable that is unset or empty has the zero value.
type Reader struct {
	read map[string]bool
	errs []error
}

// New returns a reader of the variables of this process.
func New() *Reader { return &Reader{read: map[string]bool{}} }

// Errors returns the mistakes of the variables that were read, each with its name. None
// repeats a secret.
func (r *Reader) Errors() []error { return r.errs }

func (r *Reader) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("plinth: "+format, args...))
}

// Text returns a variable.
func (r *Reader) Text(name string) string {
	r.read[name] = true
	return os.Getenv(name)
}

// List returns the items of a list that is separated by commas.
func (r *Reader) List(name string) []string { return splitList(r.Text(name)) }

var notOurs = regexp.MustCompile(`^PLINTH_TEST_|_SERVICE_(HOST|PORT)|_PORT_\d+_|_PORT$`)

// Unread returns the names of the library's variables that were not read, such as misspelt
// ones. It skips those of the library's tests, and those that Kubernetes sets for a service
// of the library's name.
func (r *Reader) Unread(environment []string) (names []string) {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PLINTH_") && value != "" && !r.read[name] && !notOurs.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Logger returns a logger to standard error, and whether its fields are those of the Elastic
// Common Schema. It is nil for text, the default.
func (r *Reader) Logger(name string) (logger *slog.Logger, ecs bool) {
	switch form := r.Text(name); form {
	case "", "text":
		return nil, false
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, nil)), false
	case "ecs":
		return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: nameECS})), true
	default:
		r.fail("%s is %q, want text, json or ecs", name, form)
		return nil, false
	}
}

// nameECS names the fields of log lines by the Elastic Common Schema.
func nameECS(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		return logging.Attr(a)
	}
	return a
}

// Switch reports whether a variable is 1. It may be 0 or nothing.
func (r *Reader) Switch(name string) bool {
	switch v := r.Text(name); v {
	case "", "0", "false":
	case "1", "true":
		return true
	default:
		r.fail("%s is %q, want 1 or nothing", name, v)
	}
	return false
}

// Number returns a number above zero.
func (r *Reader) Number(name string) int {
	text := r.Text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		r.fail("%s is %q, want a number above zero", name, text)
	}
	return n
}

// Duration returns a time such as 5s. It is negative for 0s, since zero is the default.
func (r *Reader) Duration(name string) time.Duration {
	text := r.Text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		r.fail("%s is %q, want a time such as 5s", name, text)
	}
	if d == 0 {
		return -1
	}
	return d
}

// DurationOrOff returns a time above zero, or a negative one for off.
func (r *Reader) DurationOrOff(name string) time.Duration {
	text := r.Text(name)
	if text == "" {
		return 0
	}
	if text == "off" {
		return -1
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.fail("%s is %q, want a time such as 200ms, or off", name, text)
	}
	return d
}

// Prefixes returns a list of networks; a single address is a network of one.
func (r *Reader) Prefixes(name string) (list []netip.Prefix) {
	for _, text := range r.List(name) {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			r.fail("%s has %q, which is neither an address nor a network such as 10.0.0.0/8", name, text)
			continue
		}
		list = append(list, prefix.Masked())
	}
	return list
}

// Rate returns a number of requests and their time, such as 600/1m. Requests is negative for
// off.
func (r *Reader) Rate(name string) (requests int, per time.Duration) {
	text := r.Text(name)
	switch text {
	case "":
		return 0, 0
	case "off":
		return -1, 0
	}
	requests, per, err := parseRate(text)
	if err != nil {
		r.fail("%s is %q, want a number of requests and a time, as 600/1m, or off", name, text)
	}
	return requests, per
}

func parseRate(text string) (requests int, per time.Duration, err error) {
	number, unit, _ := strings.Cut(text, "/")
	requests, err = strconv.Atoi(number)
	if err != nil || requests < 1 {
		return 0, 0, errors.New("no number of requests")
	}
	per, err = time.ParseDuration(unit)
	if err != nil || per <= 0 {
		return 0, 0, errors.New("no time")
	}
	return requests, per, nil
}

// Keys returns a list of keys in base64 or hexadecimal. An error names the variable and a
// position, never a key.
func (r *Reader) Keys(name string) (keys [][]byte) {
	for i, text := range r.List(name) {
		key, ok := DecodeKey(text)
		if !ok {
			r.fail("key %d of %s is neither base64 nor hexadecimal", i+1, name)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// NewKey returns a random master key.
func NewKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// DecodeKey decodes a key in base64 or hexadecimal. A text that could be both is
// hexadecimal.
func DecodeKey(text string) ([]byte, bool) {
	if key, err := hex.DecodeString(text); err == nil {
		return key, true
	}
	text = strings.TrimRight(text, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil {
			return key, true
		}
	}
	return nil, false
}

func splitList(s string) []string {
	var list []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
