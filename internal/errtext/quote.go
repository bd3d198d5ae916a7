// Package errtext helps to write errors: it shortens texts from clients, and finds the right
// name for a misspelt one.
package errtext

import (
	"strings"
	"unicode/utf8"
)

// MaxQuote is the number of bytes of a client's text that a message repeats.
const MaxQuote = 200

// Quote returns the part of a text that a message repeats: all of it, or its first MaxQuote
// bytes, cut between two runes, and dots.
func Quote(s string) string {
	if len(s) <= MaxQuote {
		return s
	}
	return Cut(s, MaxQuote) + "..."
}

// Cut shortens a text to at most n bytes, between two runes.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Storable returns at most n bytes of a text, as databases store it: with U+FFFD in place of
// NUL and of bytes that are not UTF-8.
func Storable(s string, n int) string {
	valid := strings.ToValidUTF8(strings.ReplaceAll(Cut(s, n), "\x00", "\uFFFD"), "\uFFFD")
	return Cut(valid, n)
}
