package wire

import (
	"net/url"
	"strings"
)

// redirectTo returns where a flow leads in the end: what the client asks for where
// Config.RedirectURLs allow it, and Config.SiteURL otherwise. Nothing of the request's
// headers has a say.
func (x *request) redirectTo() string {
	return x.Redirect(x.r.URL.Query().Get("redirect_to"))
}

// Redirect returns an address if flows may lead there, and SiteURL otherwise.
func (h *Handler) Redirect(asked string) string {
	if asked != "" && h.allowsRedirect(asked) {
		return asked
	}
	return h.SiteURL
}

// allowsRedirect reports whether a flow may lead to an address. It is compared as
// text, not as what a parser makes of it, since browsers and parsers differ; what
// could be read in two ways is refused before (RFC 9700 section 4.1).
func (h *Handler) allowsRedirect(asked string) bool {
	if !PlainURL(asked) {
		return false
	}
	for _, allowed := range append([]string{h.SiteURL}, h.RedirectURLs...) {
		prefix, wild := strings.CutSuffix(allowed, "/*")
		if asked == allowed || wild && (asked == prefix || strings.HasPrefix(asked, prefix+"/")) {
			return true
		}
	}
	return false
}

// maxRedirect is the longest address a flow may lead to, in bytes.
const maxRedirect = 2048

// PlainURL reports whether an address is absolute and has one reading: no user, no
// backslash, no control character, no path that climbs, no fragment, which is where
// tokens go.
func PlainURL(text string) bool {
	if len(text) > maxRedirect {
		return false
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '\\' || c == '#' {
			return false
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.User != nil || u.Scheme == "javascript" || u.Scheme == "data" {
		return false
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host == "" {
		return false
	}
	path, err := url.PathUnescape(u.EscapedPath())
	if err != nil {
		return false
	}
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == ';' || r == '\\' }) {
		if segment == ".." || segment == "." {
			return false
		}
	}
	return !strings.ContainsAny(path, "\\\r\n\x00")
}
