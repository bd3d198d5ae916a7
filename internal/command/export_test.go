package command

// OwnHost returns the address at which this machine reaches a listener.
var OwnHost = ownHost
