-- Which answers came to each request, the earlier ones included?
select a.id, request, a.answered_on, a.answer, a.outcome
from answers as a join requests as r on r.id = request
where (:site = '' or site = :site)
order by request, a.answered_on, a.id
