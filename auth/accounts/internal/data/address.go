package data

import (
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxEmail is the longest address mail can be sent to (RFC 5321 section 4.5.3.1.3,
// less the brackets).
const MaxEmail = 254

// CanonicalEmail returns an e-mail address in the form that is stored and compared: without
// surrounding space, in lower case and normalization form C. ok is false for a text that is not
// a plain address.
//
// It is also false for an address with a non-ASCII letter that becomes ASCII in lower case:
// mail to "gmaİl.com" (U+0130) does not go to "gmail.com", so the two must not be the same
// account. Invisible characters and domains in a spelling other than the one that is looked up
// are rejected too. Mail servers map such domains to another one (UTS 46), so one mailbox would
// have many addresses.
func CanonicalEmail(text string) (email string, ok bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf && unicode.ToLower(r) < utf8.RuneSelf }) {
		return "", false
	}
	// Small letters are composed once more: some have one form with their accent
	// where the capital ones do not.
	text = norm.NFC.String(strings.ToLower(norm.NFC.String(text)))
	if len(text) > MaxEmail || strings.ContainsAny(text, "\r\n\t <>\",;\\") {
		return "", false
	}
	parsed, err := netmail.ParseAddress(text)
	if err != nil || parsed.Address != text || parsed.Name != "" {
		return "", false
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.HasSuffix(domain, ".") || strings.ContainsFunc(text, unseen) || strings.ContainsFunc(domain, notOfDomains) ||
		!norm.NFKC.IsNormalString(domain) {
		return "", false
	}
	return text, true
}

// unseen reports whether a character takes no room, or that of others.
func unseen(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.Is(unicode.Variation_Selector, r)
}

// notOfDomains reports whether a character is none of those of names of hosts.
func notOfDomains(r rune) bool {
	return r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}

// CanonicalPhone returns a number as digits of E.164, without the plus. It takes none with
// "(0)", which is dialled within some countries only and belongs to the number in others:
// a phone would have two numbers where an operator helps, and as many messages.
func CanonicalPhone(text string) (phone string, ok bool) {
	phone = strings.NewReplacer(" ", "", "-", "").Replace(text)
	if strings.Contains(phone, "(0)") {
		return "", false
	}
	phone = strings.NewReplacer("(", "", ")", "").Replace(phone)
	phone = strings.TrimPrefix(phone, "+")
	if len(phone) < 7 || len(phone) > 15 || phone[0] == '0' || strings.Trim(phone, "0123456789") != "" {
		return "", false
	}
	return phone, true
}
