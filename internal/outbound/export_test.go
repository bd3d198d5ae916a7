package outbound

import "context"

// Control is what is asked with each connection.
func (c *Client) Control(network, address string) error {
	return c.control(context.Background(), network, address, nil)
}
