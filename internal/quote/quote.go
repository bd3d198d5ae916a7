// Package quote shortens texts from clients for responses and logs.
package quote

import "unicode/utf8"

// Max is the number of bytes of a client's text that a message repeats.
const Max = 200

// Text returns what a message repeats of a text: all of it, or its first Max bytes,
// cut between two runes, and dots.
func Text(s string) string {
	if len(s) <= Max {
		return s
	}
	end := Max
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
