drop trigger check_transfer;
create trigger check_transfer before insert on transfers
when (select count(*) <> 2 or count(*) filter (where account_id = new.from_id and amount = -new.amount or account_id = new.to_id and amount = new.amount) <> 2
	from entries where transfer_id = new.id) begin
	select raise(abort, 'a transfer takes its amount from one account and gives it to the other');
end;
