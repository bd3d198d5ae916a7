package httpheader

import (
	"iter"
	"strings"
)

// Item is a choice in a header with weights, such as Accept and Accept-Encoding.
type Item struct {
	Name   string // as it was sent, without the spaces around it
	Params string // what is behind its first semicolon, for [Params]
	Weight int    // in thousandths; none refuses the item
}

// Weighted yields the items of all lines of a header. Items without a name are left out.
func Weighted(lines []string) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, line := range lines {
			for line != "" {
				var text string
				text, line = Cut(line, ',')
				name, params := Cut(text, ';')
				if name = strings.Trim(name, " \t"); name == "" {
					continue
				}
				if !yield(Item{name, params, weight(params)}) {
					return
				}
			}
		}
	}
}

// Params yields parameters, their names in lower case, values as they were sent
// (RFC 9110 section 5.6.6).
func Params(params string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for params := params; params != ""; {
			var param string
			param, params = Cut(params, ';')
			name, value, _ := strings.Cut(param, "=")
			if !yield(strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, " \t")) {
				return
			}
		}
	}
}

// weight returns the parameter q (RFC 9110 section 12.4.2). It defaults to the greatest
// weight.
func weight(params string) int {
	for name, value := range Params(params) {
		if name == "q" {
			return thousandths(value)
		}
	}
	return 1000
}

// thousandths parses a number from 0 to 1. An invalid one is 0, so the item is not chosen.
// It accepts .2 and more than three digits, since some clients send them.
func thousandths(text string) int {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "1" && strings.Trim(fraction, "0") == "" {
		return 1000
	}
	if whole != "0" && whole != "" {
		return 0
	}
	n, place := 0, 100
	for i := range len(fraction) {
		digit := fraction[i]
		if digit < '0' || digit > '9' {
			return 0
		}
		n += int(digit-'0') * place
		place /= 10
	}
	return n
}
