-- The entries of a transfer are inserted before it, and then it is complete.
create trigger check_transfer before insert on transfers
when (select count(*) <> 2 or count(*) filter (where (account_id, amount) in (values (new.from_id, -new.amount), (new.to_id, new.amount))) <> 2
	from entries where transfer_id = new.id) begin
	select raise(abort, 'a transfer takes its amount from one account and gives it to the other');
end;
create trigger check_entry before insert on entries
when exists (select 1 from transfers where id = new.transfer_id) begin
	select raise(abort, 'the transfer of an entry is complete');
end;
create trigger transfers_refuse_update before update on transfers begin select raise(abort, 'the ledger is never changed'); end;
create trigger transfers_refuse_delete before delete on transfers begin select raise(abort, 'the ledger is never changed'); end;
create trigger entries_refuse_update before update on entries begin select raise(abort, 'the ledger is never changed'); end;
create trigger entries_refuse_delete before delete on entries begin select raise(abort, 'the ledger is never changed'); end;
