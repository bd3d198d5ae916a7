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
	end := MaxQuote
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
