package redis

import (
	"encoding/binary"
	"strings"
)

// Names in Redis. NAME is that of a cache or limiter and contains no colon.
//
//	PREFIX:v:NAME:KEY  record of a value
//	PREFIX:d:NAME:KEY  time of the last Delete of the key
//	PREFIX:t:NAME:TAG  version of a tag: the time of its last Purge, or a random text
//	PREFIX:c:NAME      time of the last Delete or Purge
//	PREFIX:l:NAME:KEY  lock
//	PREFIX:r:NAME:KEY  count of a limiter
//
// Times are microseconds since 1970 and grow with each Delete and Purge of a cache.

// scriptSet stores a record with the versions of its tags, unless its key was deleted or a
// tag purged after the mark. Tags without a version get one.
//
// KEYS value, deleted, tags...; ARGV mark or 0, milliseconds of the value, milliseconds of
// the tags, version for new tags, payload
const scriptSet = `
local mark = tonumber(ARGV[1])
local function late(version)
  return mark > 0 and version and (tonumber(version) or 0) > mark
end
if late(redis.call('GET', KEYS[2])) then return 0 end
local versions = {}
for i = 3, #KEYS do
  local version = redis.call('GET', KEYS[i])
  if late(version) then return 0 end
  versions[i - 2] = version or ARGV[4]
end
for i = 3, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[i], versions[i - 2], 'PX', ARGV[3])
  end
end
redis.call('SET', KEYS[1], table.concat(versions, ' ')..'\n'..ARGV[5], 'PX', ARGV[2])
return 1`

// scriptForget sets the first of the keys to the current time and removes the others. They
// are removed first, which also works on a server that has no memory left. A tag without a
// version invalidates its values.
//
// KEYS clock, deleted or tags..., values...; ARGV milliseconds to live, number of keys to set
const scriptForget = `
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
local t = redis.call('TIME')
local now = math.max(t[1] * 1000000 + t[2], (tonumber(redis.call('GET', KEYS[1])) or 0) + 1)
now = string.format('%.0f', now)
for i = 2, ARGV[2] + 1 do redis.call('SET', KEYS[i], now, 'PX', ARGV[1]) end
redis.call('SET', KEYS[1], now, 'PX', ARGV[1])
return 1`

// record is a value as Redis keeps it: the versions of its tags, separated by spaces, a
// line feed, and the payload. The payload is the number of tags, the length and text of
// each tag, and the value. Numbers are varints.
type record struct {
	tags, versions []string
	value          string
}

// appendTags appends the part of the payload before the value.
func appendTags(dst []byte, tags []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(tags)))
	for _, tag := range tags {
		dst = binary.AppendUvarint(dst, uint64(len(tag)))
		dst = append(dst, tag...)
	}
	return dst
}

// parseRecord returns false for text that this package has not written.
func parseRecord(data string) (r record, ok bool) {
	versions, payload, found := strings.Cut(data, "\n")
	count, payload, ok := cutUvarint(payload)
	if !found || !ok || count > uint64(len(payload)) {
		return record{}, false
	}
	if count > 0 {
		r.tags, r.versions = make([]string, count), strings.Split(versions, " ")
	}
	if len(r.versions) != len(r.tags) {
		return record{}, false
	}
	for i := range r.tags {
		length, rest, ok := cutUvarint(payload)
		if !ok || length > uint64(len(rest)) {
			return record{}, false
		}
		r.tags[i], payload = rest[:length], rest[length:]
	}
	r.value = payload
	return r, true
}

// cutUvarint reads a varint.
func cutUvarint(data string) (n uint64, rest string, ok bool) {
	n, size := binary.Uvarint([]byte(data[:min(len(data), binary.MaxVarintLen64)]))
	if size <= 0 {
		return 0, "", false
	}
	return n, data[size:], true
}
