package password

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Policy says which passwords may be chosen. It asks for length and refuses what
// is tried first; it asks for no digits or special characters and no change from
// time to time (NIST SP 800-63B-4 section 3.1.1.2). The zero value is good.
type Policy struct {
	// Min is the smallest number of characters (Unicode code points in form C).
	//
	// Defaults to 8, NIST's least for a password beside other factors; it asks
	// for 15 where there are none.
	Min int

	// Max is the largest number of characters.
	//
	// Defaults to 1024; less than 64 is refused.
	Max int

	// Refuse reports passwords that are too well known.
	//
	// Defaults to [Common].
	Refuse func(password string) bool
}

// The reasons of a [WeakError], as existing clients know them.
const (
	ReasonLength     = "length"     // too short or too long
	ReasonCharacters = "characters" // not valid UTF-8
	ReasonKnown      = "pwned"      // well known, or one of the words given
)

// WeakError reports a password that may not be chosen. Its text is for the person
// who chose it.
type WeakError struct {
	// Reasons are Reason constants.
	Reasons []string

	text string
}

// Error says what to do.
func (e *WeakError) Error() string { return "password: " + e.text }

// Problem returns the code of the error on the wire.
func (e *WeakError) Problem() string { return "PL002" }

// ProblemText returns message, details and hint for a client.
func (e *WeakError) ProblemText() (message, details, hint string) { return e.text, "", "" }

// Valid reports a Policy that contradicts itself.
func (p Policy) Valid() error {
	p.setDefaults()
	if p.Min < 1 || p.Max < 64 || p.Max < p.Min {
		return errors.New("password: Min must be at least 1, and Max at least 64 and Min")
	}
	return nil
}

// Check returns a [*WeakError] for a password that may not be chosen. The words are
// what an attacker knows of the person, as name and address: a password that is
// one of them is refused, in any case.
func (p Policy) Check(password string, words ...string) error {
	p.setDefaults()
	if !utf8.ValidString(password) {
		return &WeakError{[]string{ReasonCharacters}, "The password has invalid characters."}
	}
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < p.Min:
		return &WeakError{[]string{ReasonLength}, fmt.Sprintf("Password should be at least %d characters.", p.Min)}
	case n > p.Max:
		return &WeakError{[]string{ReasonLength}, fmt.Sprintf("Choose a password of at most %d characters.", p.Max)}
	}
	for _, word := range words {
		if word != "" && strings.EqualFold(norm.NFC.String(word), password) {
			return &WeakError{[]string{ReasonKnown}, "Choose a password that is not your name or address."}
		}
	}
	if p.Refuse(password) {
		return &WeakError{[]string{ReasonKnown}, "This password is among the first that are tried. Choose another one."}
	}
	return nil
}

func (p *Policy) setDefaults() {
	if p.Min == 0 {
		p.Min = 8
	}
	if p.Max == 0 {
		p.Max = 1024
	}
	if p.Refuse == nil {
		p.Refuse = Common
	}
}
