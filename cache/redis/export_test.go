package redis

var NextPause = nextPause
