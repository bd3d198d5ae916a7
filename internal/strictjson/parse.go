package strictjson

import "bytes"

// Parse validates a whole document. The Value refers to b, which must not change while the
// Value is used. An error is a *[SyntaxError].
func Parse(b []byte, lim Limits) (Value, error) {
	s := scanner{data: b, lim: lim.withDefaults(len(b))}
	if len(b) > maxBytes {
		return Value{}, s.fail(0, "it is too large")
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return Value{}, s.fail(0, "it begins with a byte order mark")
	}
	start := s.space(0)
	if start == len(b) {
		return Value{}, s.fail(start, "it is empty")
	}
	end, err := s.value(start, 0)
	if err != nil {
		return Value{}, err
	}
	if rest := s.space(end); rest < len(b) {
		return Value{}, s.fail(rest, "there is data after the document")
	}
	return Value{raw: b[start:end:end]}, nil
}
