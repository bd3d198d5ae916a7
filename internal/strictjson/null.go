package strictjson

// AppendWithoutNulls appends the value without the members of objects that are
// null, at any depth, as PostgreSQL's json_strip_nulls does. Elements of arrays
// stay.
func (v Value) AppendWithoutNulls(dst []byte) []byte {
	switch v.Kind() {
	case Object:
		dst = append(dst, '{')
		start := len(dst)
		for key, member := range v.Members() {
			if member.Kind() == Null {
				continue
			}
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = append(AppendStringBytes(dst, key), ':')
			dst = member.AppendWithoutNulls(dst)
		}
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for i, element := range v.Elements() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = element.AppendWithoutNulls(dst)
		}
		return append(dst, ']')
	}
	return append(dst, v.raw...)
}
