package strictjson

// StripSpaces appends PostgreSQL's text of a jsonb value to dst without the spaces it
// prints after colons and commas, which makes it the canonical form. It is not for
// JSON of other origin: it drops nothing but spaces outside strings, and trusts that
// strings end.
func StripSpaces(dst, jsonb []byte) []byte {
	from := 0
	for i := 0; i < len(jsonb); {
		switch jsonb[i] {
		case '"':
			i = skipString(jsonb, i)
		case ' ':
			dst = append(dst, jsonb[from:i]...)
			i++
			from = i
		default:
			i++
		}
	}
	return append(dst, jsonb[from:]...)
}
