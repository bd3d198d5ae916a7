-- The entries of a transfer are inserted before it, and then it is complete.
create trigger check_transfer before insert on transfers
when (select count(*) < 2 or sum(amount) <> 0 from entries where transfer_id = new.id) begin
	select raise(abort, 'the entries of a transfer must sum to zero');
end;
create trigger check_entry before insert on entries
when exists (select 1 from transfers where id = new.transfer_id) begin
	select raise(abort, 'the transfer of an entry is complete');
end;
create trigger transfers_refuse_update before update on transfers begin select raise(abort, 'the ledger is never changed'); end;
create trigger transfers_refuse_delete before delete on transfers begin select raise(abort, 'the ledger is never changed'); end;
create trigger entries_refuse_update before update on entries begin select raise(abort, 'the ledger is never changed'); end;
create trigger entries_refuse_delete before delete on entries begin select raise(abort, 'the ledger is never changed'); end;
