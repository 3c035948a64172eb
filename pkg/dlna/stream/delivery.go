package stream

import "context"

// deliver sends prefix and then the ring from r.pos to the player. It returns nil
// when the promised range is complete, and an error when the stream ends, or the
// player disconnects or reads nothing for too long.
func deliver(ctx context.Context, st *Stream, r *reader, prefix []byte) error {
	if len(prefix) > 0 {
		r.arm()
		if _, err := r.w.Write(prefix); err != nil {
			return err
		}
		st.countSent(r, len(prefix), false)
	}
	for r.left != 0 {
		b, err := st.nextBytes(r)
		if err != nil {
			return err
		}
		if b == nil {
			err = wait(ctx, r)
		} else {
			err = send(st, r, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// send writes b, or as much of it as r still promises.
func send(st *Stream, r *reader, b []byte) error {
	if r.bounded() {
		b = b[:min(int64(len(b)), r.left)]
		r.left -= int64(len(b))
	}
	if _, err := r.w.Write(b); err != nil {
		return err
	}
	st.countSent(r, len(b), true)
	return nil
}

// wait flushes net/http's buffer and blocks until there may be more sound.
func wait(ctx context.Context, r *reader) error {
	if err := r.conn.Flush(); err != nil {
		return err
	}
	select {
	case <-r.wakeC:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
