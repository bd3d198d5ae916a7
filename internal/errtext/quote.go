// Package errtext helps to write errors: it shortens texts from clients, and finds the right
// name for a misspelt one.
package errtext

import "unicode/utf8"

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
